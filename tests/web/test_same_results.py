"""Python in the page gives, byte for byte, what Python and the command give here."""

from __future__ import annotations

import json
import random

import pytest

from ksmlib.cli import main
from ksmlib.history.named import named_histories
from ksmlib.history.random import random_history
from ksmlib.widgets.live import answer

from .conftest import Opened

RANDOM = 200

# Ask the worker of the page's scripts, as the page does.
ASK = """async (questions) => {
  const script = document.querySelector("script[data-live]");
  const { pyodide, info } = JSON.parse(script.dataset.live);
  const at = (path) => new URL(path, script.src).href;
  const worker = new Worker(at("ksm-worker.js"), { type: "module" });
  const ask = (message) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if ("answer" in data) resolve(data.answer);
      if ("failure" in data) reject(new Error(data.failure));
    };
    worker.postMessage(message);
  });
  await ask({ start: { pyodide: at(pyodide), library: at("ksmlib.zip"), info } });
  const answers = [];
  for (const question of questions) answers.push(await ask({ question }));
  worker.terminate();
  return answers;
}"""


def histories() -> list[str]:
    named = [known.history.text for known in named_histories().values()]
    drawn = [random_history(random.Random(seed)).text for seed in range(RANDOM)]
    return named + drawn


def questions(text: str) -> list[str]:
    """Show a history, at its end and at its start; copy it for a mail, and as C."""
    create = {"op": "create", "widget": "w", "kind": "history", "kw": {"history": text}}
    copies = [{"op": "copy", "what": what} for what in ("mail", "c")]
    messages = [*copies, {"op": "seek", "step": 1}]
    handle = [{"op": "handle", "widget": "w", "message": m} for m in messages]
    return [json.dumps(asked) for asked in [create, *handle]]


def test_the_page_agrees(reader: Opened, capsys: pytest.CaptureFixture) -> None:
    texts = histories()
    asked = [questions(text) for text in texts]
    here = reader(context={"java_script_enabled": True}, bare=True)
    answers = iter(here.page.evaluate(ASK, [q for one in asked for q in one]))
    for text, one in zip(texts, asked, strict=True):
        there = [next(answers) for _ in one]
        assert there == [answer(question) for question in one], text
        assert main(["run", text]) == 0
        copied = json.loads(there[1])["state"]["copied"]["text"]
        assert copied == capsys.readouterr().out, text
