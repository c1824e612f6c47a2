// The least front end: it shows the picture and the caption, tells what is
// wrong, and gives the tests the model.
function render({ model, el }) {
  const caption = document.createElement("p");
  const error = document.createElement("p");
  const picture = document.createElement("div");
  caption.className = "ksm-caption";
  error.className = "bare-error";
  el.append(caption, error, picture);
  const draw = () => {
    caption.textContent = model.get("caption");
    error.textContent = model.get("error");
    picture.innerHTML = model.get("svg");
  };
  for (const key of ["caption", "error", "svg"]) model.on(`change:${key}`, draw);
  draw();

  window.models = [...window.models ?? [], model];
  window.model ??= model;
  let number = 0;
  // Send a message; all of the state, once it is answered.
  window.sent ??= (message) => new Promise((resolve) => {
    number += 1;
    const id = `bare-${number}`;
    const listen = () => {
      if (model.get("answered") !== id) return;
      model.off("change:answered", listen);
      setTimeout(() => resolve(model.state));
    };
    model.on("change:answered", listen);
    model.send({ ...message, id });
  });
}

export default { render };
