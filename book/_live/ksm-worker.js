// Python for a page, in a worker of its own: the page never waits for it, and
// can stop it. Takes {start} and {question}; says {bytes}, {answer}, {failure}.

let answer;
let bytes = 0;
// How often the page is told how much has come, in milliseconds.
const TELL = 100;

function fail(error) {
  postMessage({ failure: String(error?.message ?? error) });
}

// Pyodide fetches by itself: look on.
const load = self.fetch;
let told = 0;

async function count(stream) {
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (!done) bytes += value.length;
    if (!done && performance.now() - told < TELL) continue;
    told = performance.now();
    postMessage({ bytes });
    if (done) return;
  }
}

self.fetch = async (...request) => {
  const response = await load(...request);
  if (!response.ok) {
    const error = new Error(`${response.status} for ${new URL(response.url).pathname}`);
    fail(error);
    throw error;
  }
  count(response.clone().body).catch(() => {}); // the request itself fails, too
  return response;
};

// Pyodide waits for ever for a library that fails. And a browser refuses to
// compile what a host has not sent as application/wasm; many hosts do not.
const compile = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (source, imports) => {
  try {
    let response = await source;
    const headers = { "content-type": "application/wasm" };
    if (!response.headers.get("content-type")?.startsWith(headers["content-type"])) {
      response = new Response(response.body, { headers });
    }
    return await compile.call(WebAssembly, response, imports);
  } catch (error) {
    fail(error);
    throw error;
  }
};

async function start({ pyodide, library, info }) {
  const zip = fetch(library).then((response) => response.arrayBuffer());
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    import(`${pyodide}pyodide.js`), import(`${pyodide}pyodide.asm.js`),
  ]);
  const python = await loadPyodide({
    indexURL: pyodide,
    createPyodideModule,
    lockFileContents: { info, packages: {} }, // no package is ever fetched
    packageBaseUrl: pyodide,
  });
  python.unpackArchive(await zip, "zip", { extractDir: "/ksm" });
  python.runPython("import sys; sys.path.insert(0, '/ksm')");
  ({ answer } = python.pyimport("ksmlib.widgets.live"));
}

self.onmessage = async ({ data }) => {
  try {
    if (data.start) await start(data.start);
    postMessage({ answer: data.start ? "" : answer(data.question) });
  } catch (error) {
    fail(error);
  }
};
