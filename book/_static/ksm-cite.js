// Beside each mark of a claim, a button that copies its text. Without a
// script the mark is a link to the claim's page, where the text is.

function selected(text) {
  // A page that came without TLS has no clipboard but this.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "ksm-offscreen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return selected(text);
  }
}

for (const link of document.querySelectorAll("a[data-block]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ksm-copy";
  button.textContent = "copy";
  button.setAttribute("aria-label", `copy the text of claim ${link.dataset.claim}`);
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    const done = await copied(link.dataset.block);
    button.focus();
    said.textContent = done ? " copied" : " not copied: open the link";
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
  link.after(" ", button, said);
}

// The history of a claim, for the page with the builder. The theme looks up
// every fragment as a selector when a page has loaded: so only later.
for (const link of document.querySelectorAll("a[data-history]")) {
  const page = link.getAttribute("href");
  for (const when of ["pointerdown", "focus", "click"]) {
    link.addEventListener(when, () => { link.href = page + link.dataset.history; });
  }
}
