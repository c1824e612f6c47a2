// Wakes the widgets of a page after its first paint. A plain script and not a
// module, so that it also runs where modules may not, and can say why.
(() => {
  const { dataset, src } = document.currentScript;
  const hosts = [...document.querySelectorAll(".ksm-live")];

  // The drawn state stays; below it, in one sentence, why that is all.
  function say(why) {
    for (const host of hosts) {
      const note = document.createElement("p");
      note.className = "ksm-why-not";
      note.textContent = `This is a picture only: ${why}`;
      host.append(note);
    }
  }

  function lacking() {
    if (location.protocol === "file:") {
      return "a page opened as a file may not start Python; open it from a web "
        + "server, such as the one of `make book`.";
    }
    if (!window.Worker || !window.WebAssembly) {
      return "this browser has no WebAssembly, in which Python would run.";
    }
    return "";
  }

  async function wake() {
    try {
      const live = await import(new URL("ksm-live.js", src));
      live.wake(hosts, JSON.parse(dataset.live));
    } catch (error) {
      say(`its program could not be loaded (${error.message}).`);
    }
  }

  const why = lacking();
  if (why) say(why);
  else requestAnimationFrame(() => setTimeout(wake));
})();
