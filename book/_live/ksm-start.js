// Wakes the widgets of a page after its first paint. A plain script and not a
// module, so that it also runs where modules may not, and can say why.
(() => {
  const { dataset, src } = document.currentScript;
  const hosts = [...document.querySelectorAll(".ksm-live")];
  // What the fragment of an address starts with if it holds a history.
  const LINK = "#h=";
  // So much of it is shown as text, in characters.
  const MOST = 4000;

  // A link within the book has ? for #, since the theme takes what follows a #
  // in the links of its pages for a selector.
  if (location.search.startsWith("?h=")) {
    history.replaceState(history.state, "", `${location.pathname}#${location.search.slice(1)}`);
  }

  // The history that the address holds, as its name or its text: with `,` for
  // a space and `;` for a new line. Only Python can say whether it is one.
  function held() {
    if (!location.hash.startsWith(LINK)) return "";
    const [text] = location.hash.slice(LINK.length, MOST).split("&");
    return text.split(";").map(plain).join("\n");
  }

  function plain(line) {
    try {
      return decodeURIComponent(line.replaceAll(",", " "));
    } catch {
      return line;
    }
  }

  // The drawn state stays; below it, in one sentence, why that is all.
  function say(why) {
    for (const host of hosts) {
      host.classList.remove("ksm-opening");
      write(host, "p.ksm-why-not", `This is a picture only: ${why}`);
    }
    const text = held();
    if (!text || !hosts.length) return;
    write(hosts[0], "p", "The history of the link:");
    write(hosts[0], "pre.ksm-text", text);
  }

  function write(host, what, text) {
    const [tag, name = ""] = what.split(".");
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    host.append(element);
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
      await live.wake(hosts, JSON.parse(dataset.live), held);
    } catch (error) {
      say(`its program could not be loaded (${error.message}).`);
    }
  }

  const why = lacking();
  if (why) {
    say(why);
    return;
  }
  // Nobody who follows a link should take the page's own picture for its history.
  if (held()) hosts[0]?.classList.add("ksm-opening");
  requestAnimationFrame(() => setTimeout(wake));
})();
