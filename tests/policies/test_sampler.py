"""The sampler says what the plain loop says, row by row, whoever else speaks; and it reads nothing twice."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from itertools import zip_longest
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.policies import tiny as module
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.rollout import rollout
from dialogym.policies.sampling import make, sampler
from dialogym.policies.sampling.choice import choose
from dialogym.policies.sampling.llama import LlamaRows
from dialogym.policies.sampling.lockstep import Lockstep
from dialogym.policies.sampling.make import make_sampler
from dialogym.policies.sampling.rows import ModelRows
from dialogym.policies.sampling.sampler import Sampler
from dialogym.policies.value_guided import ValueGuidedModel, make_heads
from dialogym.simulated_users.user import Failure, ScriptedUser
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

ENV = "Negotiation-v0"
SEEDS = [seed for seed in range(5) for _ in range(3)]
ATTEMPTS = list(range(3)) * 5


@pytest.fixture(scope="module")
def tiny():
    engine = make_engine(ENV, rounds=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CORPUS_EPISODES", 300)
        model, tokenizer = load_model("tiny", engine)
    _speak_up(model, tokenizer)
    return engine, model, tokenizer


def _speak_up(model, tokenizer):
    """A model of random weights that has preferences, and comes to an end now and then."""
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(3.0)
        model.get_output_embeddings().weight[tokenizer.eos_token_id, 0] = 9.0


def small(kind, tiny):
    """A model of some kind, of random weights, for the tokenizer of `tiny`."""
    _, model, tokenizer = tiny
    torch.manual_seed(1)
    size: dict[str, Any] = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, "pad_token_id": 0}
    llama: dict[str, Any] = {
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
    }
    scaled: dict[str, Any] = {"rope_type": "llama3", "rope_theta": 10_000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}  # fmt: skip
    if kind == "tiny":
        return model
    if kind == "lora":
        from peft import LoraConfig, get_peft_model

        targets = ["q_proj", "v_proj", "down_proj"]
        return get_peft_model(deepcopy(model), LoraConfig(r=2, target_modules=targets, init_lora_weights=False))
    if kind == "guided":
        guided = ValueGuidedModel(model, make_heads(model, ["q1", "q2"], 16, 0.5), 4.0)
        for head in guided.guides():
            torch.nn.init.normal_(head.added.weight, std=0.3)
        return guided
    made = {
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**size, **llama, rope_parameters=scaled)),
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**size, n_embd=32, n_layer=2, n_head=2, n_positions=512)),
        "biased": lambda: LlamaForCausalLM(LlamaConfig(**size, **llama, attention_bias=True)),
        "eager": lambda: LlamaForCausalLM(LlamaConfig(**size, **llama, mlp_bias=True, attn_implementation="eager")),
        "window": lambda: MistralForCausalLM(MistralConfig(**size, **llama, sliding_window=32)),
    }[kind]()
    _speak_up(made, tokenizer)
    return made


KINDS = {
    "tiny": LlamaRows,
    "llama": LlamaRows,
    "lora": LlamaRows,
    "gpt2": ModelRows,
    "biased": ModelRows,
    "eager": ModelRows,
    "guided": ModelRows,
}


def played(tiny, model, limit=7, temperature=1.0, engine=None, seeds=SEEDS, attempts=ATTEMPTS, batch=256, **options):
    """The dialogues in words, and their token records."""
    policy = LanguageModelPolicy(model, tiny[2], limit, temperature, **options)
    dialogues = list(rollout(engine or tiny[0], policy, seeds, batch, attempts))
    assert [dialogue.seed for dialogue in dialogues] == list(seeds)
    return [dialogue.messages() for dialogue in dialogues], [policy.record(dialogue) for dialogue in dialogues]


def assert_same(one, other, tolerance=2e-5):
    assert one[0] == other[0]
    for mine, theirs in zip(one[1], other[1], strict=True):
        assert (mine.ids, mine.mask, mine.turns) == (theirs.ids, theirs.mask, theirs.turns)
        assert mine.rewards == theirs.rewards
        assert mine.logprobs == pytest.approx(theirs.logprobs, abs=tolerance)


def as_on_a_gpu(model, tokenizer, monkeypatch):
    """Fixed shapes, and several tokens between two looks."""
    rows = make_sampler(model, tokenizer.eos_token_id).rows
    made = Sampler(type(rows)(model), tokenizer.eos_token_id, fixed=True)
    monkeypatch.setitem(make._SAMPLERS, model, {tokenizer.eos_token_id: made})
    return made


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("kind", ["tiny", "llama", "gpt2"])
def test_on_a_gpu_it_says_what_the_plain_loop_says(tiny, kind):
    model = deepcopy(small(kind, tiny)).to("cuda")
    sampler = make_sampler(model, tiny[2].eos_token_id)
    assert type(sampler.rows) is KINDS[kind]
    plain = played(tiny, model, lockstep=True)
    assert_same(played(tiny, model, batch=5), plain, tolerance=1e-3)
    assert any(sampler.graphs.values())
    before = sampler.graphs.copy()
    assert_same(played(tiny, model), plain, tolerance=1e-3)  # more rows: the graphs of before are void
    assert any(sampler.graphs.values()) and before != sampler.graphs


@pytest.mark.parametrize(
    "kind", [kind if kind in ("tiny", "guided") else pytest.param(kind, marks=pytest.mark.long) for kind in KINDS]
)
def test_it_says_what_the_plain_loop_says(tiny, kind, monkeypatch):
    model = small(kind, tiny)
    assert type(make_sampler(model, tiny[2].eos_token_id).rows) is KINDS[kind]
    plain = played(tiny, model, lockstep=True)
    assert len({str(messages) for messages in plain[0]}) > 10
    lengths = Counter(end - start for record in plain[1] for start, end in record.turns)
    assert lengths[8] and len(lengths) > 3  # turns that are cut, and others of several lengths
    assert_same(played(tiny, model), plain)
    assert_same(played(tiny, model, batch=5), plain)  # the next take the place of those that have ended
    as_on_a_gpu(model, tiny[2], monkeypatch)
    assert_same(played(tiny, model, batch=9), plain)
    greedy = [played(tiny, model, temperature=0.0, seeds=range(5), attempts=0, lockstep=way) for way in (True, False)]
    assert_same(greedy[0], greedy[1])


def test_in_bfloat16_it_is_right_but_for_rounding(tiny):
    """Draws fall where rounding moves edges, so that words part: what was said is scored again in single precision."""
    model = small("llama", tiny)
    rounded = deepcopy(model).to(torch.bfloat16)
    _, records = played(tiny, rounded)
    assert type(make_sampler(rounded, tiny[2].eos_token_id).rows) is LlamaRows
    differences = []
    for record in records:
        with torch.no_grad():
            scores = model(torch.tensor([record.ids])).logits[0].log_softmax(-1)[:-1]
        at = range(len(record.prompt_ids) - 1, len(record.ids) - 1)
        for place, token, own, logprob in zip(at, record.completion_ids, record.mask, record.logprobs, strict=True):
            differences += [abs(logprob - float(scores[place, token]))] * own
    assert 1e-4 < sum(differences) / len(differences) < 0.02


def test_under_autocast_it_computes_in_bfloat16_and_then_again_in_single_precision(tiny):
    _, model, tokenizer = tiny
    plain = played(tiny, model, seeds=[3], attempts=0)
    with torch.autocast("cpu", torch.bfloat16):
        played(tiny, model, seeds=[3], attempts=0)
        rows = make_sampler(model, tokenizer.eos_token_id).rows
        assert rows.dtype == torch.bfloat16 and rows.layers[0].keys.dtype == torch.bfloat16
    assert_same(played(tiny, model, seeds=[3], attempts=0), plain, tolerance=1e-6)


def test_adapters_are_not_rounded_away_under_autocast(tiny):
    model = small("lora", tiny)
    with torch.autocast("cpu", torch.bfloat16):
        found = played(tiny, model, seeds=[3], attempts=0)
    assert make_sampler(model, tiny[2].eos_token_id).rows.dtype == torch.float32
    assert_same(played(tiny, model, seeds=[3], attempts=0), found, tolerance=1e-6)


def test_a_model_that_is_not_what_it_seems_is_found_out(tiny):
    """Its forward pass was changed, and no attribute says so."""
    model, end = deepcopy(tiny[1]), tiny[2].eos_token_id
    forward = model.forward

    def changed(*args, **kwargs):
        out = forward(*args, **kwargs)
        out.logits = out.logits.roll(1, -1)
        return out

    model.forward = changed
    assert type(make_sampler(model, end).rows) is ModelRows
    model = small("window", tiny)
    assert type(make_sampler(model, end)) is Lockstep
    assert_same(played(tiny, model, seeds=range(4), attempts=0), played(tiny, model, seeds=range(4), attempts=0, lockstep=True))  # fmt: skip


# ---- turns of every kind, by a model that says what it is told to


@pytest.fixture
def told(tiny):
    """A model to which all tokens are the same: a draw of (t + 1/2) / vocabulary is token t."""
    model = small("llama", tiny)
    with torch.no_grad():
        model.model.norm.weight.zero_()
    size = len(tiny[2])
    yield Sampler(LlamaRows(model), end=1), lambda *tokens: [(token + 0.5) / size for token in tokens]
    del model  # until here somebody must hold it


@pytest.mark.parametrize("fixed", [False, True])
def test_turns_that_end_at_once_late_and_never(told, fixed):
    made, say = told
    made = Sampler(made.rows, 1, fixed=fixed)
    made.temperature = 1.0
    turns = {"none": (1, 9, 9, 9), "all": (5, 6, 7, 8), "half": (5, 1, 9, 9), "last": (5, 6, 7, 1)}
    for key, tokens in turns.items():
        made.begin(key, [3, 4], say(*tokens), 4)
    made.begin("short", [3, 4], say(7), 1)
    first = made.advance()
    assert {"none", "short"} <= {spoken.key for spoken in first}
    assert fixed or {spoken.key for spoken in first} == {"none", "short"}  # the others have gone on
    assert fixed or (made.speaks("half") and not made.speaks("none"))
    spoken = [*first, *(one for _ in range(3) for one in made.advance())]
    found = {key: ids for key, ids, _ in spoken}
    assert found == {"none": [1], "short": [7], "all": [5, 6, 7, 8], "half": [5, 1], "last": [5, 6, 7, 1]}
    level = -torch.tensor(float(made.rows.model.config.vocab_size)).log().item()
    assert all(logprobs == pytest.approx([level] * len(ids), abs=1e-4) for _, ids, logprobs in spoken)
    assert made.advance() == []


class Reading(LlamaRows):
    """Counts what is read before last tokens."""

    def __init__(self, model):
        self.count = 0
        super().__init__(model)

    def _forward(self, last, at, top, unread):
        self.count += sum(len(some.ids) for some in unread)
        return super()._forward(last, at, top, unread)


def test_what_is_shared_is_read_once(told):
    made, say = told
    rows = Reading(model := made.rows.model)
    made = Sampler(rows, 1)
    made.refresh(forget=True)
    made.temperature, prompt = 1.0, list(range(2, 32))
    for key in range(8):
        made.begin(key, prompt, say(5, 1), 2)
    while len(made.advance()) == 0:
        pass
    assert rows.count == 29  # all but the last token of one prompt
    made.begin(0, [*prompt, 5, 1, 7, 8], say(6, 1), 2)
    made.begin("new", [*prompt[:20], 40, 41], say(6, 1), 2)
    made.advance()
    assert rows.count == 29 + 2 + 1  # the end of its turn and most of a reply; what is not in the others' prompt
    made.keep([])
    made.refresh(forget=False)
    made.begin("same", [*prompt, 9, 8], say(6, 1), 2)
    made.advance()
    assert rows.count == 32 + 1
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.data += 1.0  # of which torch keeps no count
    made.keep([])
    made.refresh(forget=False)
    made.begin("other", [*prompt, 9, 8], say(6, 1), 2)
    made.advance()
    assert rows.count == 33 + 31


def test_changed_weights_are_taken_over(tiny):
    model = deepcopy(tiny[1])
    before = played(tiny, model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model(torch.tensor([[5, 6, 7]]), labels=torch.tensor([[5, 6, 7]])).loss.backward()
    optimizer.step()
    after = played(tiny, model)
    assert before[0] != after[0]
    assert_same(after, played(tiny, model, lockstep=True))


def test_memory_bounds_the_rows_and_changes_nothing(tiny, monkeypatch):
    _, model, tokenizer = tiny
    plain = played(tiny, model, lockstep=True)
    model = deepcopy(model)
    row = sampler.USUAL * make_sampler(model, tokenizer.eos_token_id).rows.bytes_of_token()
    monkeypatch.setitem(sampler.MEMORY, "cpu", 3 * row)
    assert_same(played(tiny, model), plain)
    assert_same(played(tiny, model, engine=make_engine(ENV, rounds=4, user=Asked())), plain)
    assert make_sampler(model, tokenizer.eos_token_id).rows.place.slots == 3


# ---- rollouts


class Asked(ScriptedUser):
    """Stands for a language model: takes as long for one as for all."""

    deterministic = False

    def __init__(self):
        super().__init__(Negotiation.voice)
        self.calls = []

    def speak(self, dialogues, heards, texts, exchanges):
        self.calls.append(len(dialogues))
        return super().speak(dialogues, heards, texts, exchanges)


def test_a_user_that_takes_long_is_asked_by_all_together(tiny):
    user = Asked()
    asked = played(tiny, tiny[1], engine=make_engine(ENV, rounds=4, user=user))
    assert_same(asked, played(tiny, tiny[1]))
    turns = max(len(record.turns) for record in asked[1])
    assert user.calls[:2] == [len(SEEDS)] * 2 and len(user.calls) <= 1 + turns


class Failing(ScriptedUser):
    """Fails in the second turn of some dialogues."""

    def decide(self, dialogues, heards):
        told = super().decide(dialogues, heards)
        fails = [dialogue.seed in (1, 4) and len(dialogue.steps) == 1 for dialogue in dialogues]
        return [Failure("the server is down") if due else exchange for due, exchange in zip(fails, told, strict=True)]


def test_a_user_that_fails_loses_only_its_dialogue(tiny):
    engine = make_engine(ENV, rounds=4, user=Failing(Negotiation.voice))
    policy = LanguageModelPolicy(tiny[1], tiny[2], 7, 1.0)
    dialogues = list(rollout(engine, policy, SEEDS, 7, ATTEMPTS))
    messages, _ = played(tiny, tiny[1], lockstep=True)
    failed = 0
    for dialogue, same in zip(dialogues, messages, strict=True):
        if dialogue.error:
            failed += 1
            assert dialogue.seed in (1, 4) and len(dialogue.steps) == 2
            assert dialogue.messages()[:4] == same[:4]
        else:
            assert dialogue.messages() == same
    assert failed > 1
    with pytest.raises(ConnectionError, match="the server is down"):
        list(rollout(make_engine(ENV, rounds=4, user=engine.user, on_error="raise"), policy, SEEDS, 7, ATTEMPTS))
    assert [dialogue.messages() for dialogue in rollout(tiny[0], policy, SEEDS, 7, ATTEMPTS)] == messages


def test_rollouts_that_are_left_go_on_where_they_were(tiny):
    """Two at once, with one model, and one that is never finished."""
    _, model, tokenizer = tiny
    policies = [LanguageModelPolicy(model, tokenizer, 7, 1.0) for _ in range(2)]
    next(rollout(tiny[0], policies[0], range(20, 30)))
    seeds = range(8), range(4, 16)
    both = zip_longest(*(rollout(tiny[0], one, some, 5) for one, some in zip(policies, seeds, strict=True)))
    for policy, some, dialogues in zip(policies, seeds, zip(*both, strict=True), strict=True):
        dialogues = [dialogue for dialogue in dialogues if dialogue is not None]
        found = [dialogue.messages() for dialogue in dialogues], [policy.record(one) for one in dialogues]
        assert_same(found, played(tiny, model, seeds=some, attempts=0))


def test_a_dialogue_need_not_be_played_to_its_end(tiny):
    policy = LanguageModelPolicy(tiny[1], tiny[2], 7, 1.0)
    some = list(rollout(tiny[0], policy, range(9), 4, goes_on=lambda dialogue: len(dialogue.steps) < dialogue.seed % 3))
    whole, _ = played(tiny, tiny[1], seeds=range(9), attempts=0)
    for dialogue, messages in zip(some, whole, strict=True):
        count = min(max(1, dialogue.seed % 3), (len(messages) - 1) // 2)
        assert dialogue.messages() == messages[: 1 + 2 * count]


# ---- what a GPU needs


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_step_can_be_captured(tiny, kind, monkeypatch):
    """No shape and no branch of it depends on what was drawn: fake tensors, which have no values, go through."""
    from torch.fx.experimental.proxy_tensor import make_fx

    model = small(kind, tiny)
    made = as_on_a_gpu(model, tiny[2], monkeypatch)
    played(tiny, model, seeds=range(4), attempts=0)
    made.temperature = 1.0
    graph = make_fx(lambda: made._token(4, sampler.ROOM), tracing_mode="fake", _allow_non_fake_inputs=True)()
    called = {str(node.target) for node in graph.graph.nodes if node.op == "call_function"}
    assert "aten.scaled_dot_product_attention.default" in called or any("attention" in name for name in called)
    assert not any("local_scalar" in name or "nonzero" in name for name in called)


def test_shapes_are_few_where_they_are_to_be(tiny, monkeypatch):
    _, model, tokenizer = tiny
    made, shapes = as_on_a_gpu(deepcopy(model), tokenizer, monkeypatch), Counter()
    model, token = made.rows.model, made._token

    def noted(count, top, unread=()):
        shapes[count, top] += 1
        token(count, top, unread)

    made._token = noted
    played(tiny, model)
    assert {count for count, _ in shapes} <= {1, 2, 4, 8, 16} and {top for _, top in shapes} <= {128, 256}
    assert made.rows.place.slots == 16


# ---- drawing


@pytest.mark.parametrize("size", [3, 64, 1000])
def test_a_draw_is_a_token_by_the_distribution_function(size):
    generator = torch.Generator().manual_seed(0)
    logits = 3.0 * torch.randn(200, size, generator=generator)
    logits[:, ::3] = -torch.inf
    draws = torch.rand(200, generator=generator)
    draws[:4] = torch.tensor([0.0, 1.0, 1.0, 0.0])
    for temperature in (0.5, 1.0):
        token, logprob = choose(logits, draws, temperature)
        edges = (logits.double() / temperature).softmax(-1).cumsum(-1)
        before = (
            edges.gather(1, token[:, None])[:, 0]
            - (logits.double() / temperature).softmax(-1).gather(1, token[:, None])[:, 0]
        )
        assert bool(((before <= draws + 1e-5) & (draws <= edges.gather(1, token[:, None])[:, 0] + 1e-5)).all())
        assert bool((token % 3 != 0).all())  # what cannot be is not drawn, not even at the edges
        torch.testing.assert_close(logprob, logits.log_softmax(-1).gather(1, token[:, None])[:, 0])
    assert torch.equal(choose(logits, draws, 0.0)[0], logits.argmax(-1))
