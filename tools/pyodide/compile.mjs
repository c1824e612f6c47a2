// Run compile.py in the Pyodide of a folder, on its python_stdlib.zip.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const library = `${folder}/python_stdlib.zip`;
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const { info } = JSON.parse(readFileSync(`${folder}/about.json`));
const python = await loadPyodide({
  indexURL: folder, lockFileContents: { info, packages: {} }, packageBaseUrl: folder,
});
python.FS.writeFile("/library.zip", readFileSync(library));
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf8"));
writeFileSync(library, python.FS.readFile("/compiled.zip"));
