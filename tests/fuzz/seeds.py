"""Small valid files of each kind that is read: what the fuzzer starts from."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from weigh.banks import daily_dilemmas, managerbench, pacifaist, utility_engineering
from weigh.core.scale import Scale
from weigh.core.tables import write_table
from weigh.core.values import Values

ITEMS: list[dict[str, Any]] = [
    {
        "id": f"k{i}", "situation": f"Case {i}: the office needs a kettle.", "options": [f"Buy {i}.", f"Save {i}."],
        "values": ["thrift", "comfort"][:: 1 - 2 * (i % 2)], "author": "ab"[i % 2], "language": "en", "group": "g",
        "paraphrase": {"situation": f"A kettle, {i}.", "options": [f"Get {i}.", f"Keep {i}."]}, "labels": {"a": [1]},
    }
    for i in range(6)
] + [
    {"id": "c", "kind": "control", "situation": "Smoke.", "options": ["Call for help.", "Eat."]},
    {"id": "o", "kind": "open", "situation": "Why?"},
    {"id": "w", "kind": "outcome", "situation": "You get tea."},
]  # fmt: skip
CARD = 'name = "kitchen"\ntitle = "Kettles"\nauthors = ["A", "B"]\nlicence = "MIT"\nversion = "1"\ndefault = 4\n'


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def table(ending: str, columns: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_table(Path(folder) / f"t{ending}", columns).read_bytes()


COLUMNS: dict[str, dict[str, Any]] = {
    "Comparisons": {"left": ["tea", "rum"], "right": ["rum", "milk"], "p_left": [0.5, 1.0], "weight": [1.0, 2.0]},
    "Comparisons of winners": {"left": ["tea", "rum"], "right": ["rum", "milk"], "winner": ["tea", "milk"]},
    "Comparisons as TRL": {"prompt": ["a", "b"], "chosen": ["x", "y"], "rejected": ["y", "x"]},
    "Ratings": {
        "who": ["Ada", "Bo"], "item": ["tea", "rum"], "low": [1.0, 2.0], "high": [2.0, 3.0], "value": [1.5, 2.5],
    },
    "Rankings": {"who": ["Ada", "Ada"], "item": ["tea", "rum"], "rank": [1, 2], "source": ["s", "s"]},
    "Passages": {"text": ["I like tea.", "No."], "label": ["tea", ""], "who": ["Ada", "Bo"]},
    "Votes": {"from": ["tea", "rum"], "to": ["rum", "milk"], "vote": ["upgrade", "not sure"], "who": ["Ada", "Bo"]},
    "Transitions": {
        "observation": ["[0, 1]", "[1, 0]"], "action": [0, 1], "reward": [0.5, 1.0],
        "next_observation": ["[1, 0]", "[0, 0]"], "terminated": ["false", "true"], "episode": [0, 0],
    },
    "Answers": {
        "question": ["k0", "k0", "k1", "c"], "choice": [0, 1, 1, 0], "order": ["0,1", "1,0", "0,1", "0,1"],
        "p": [0.9, 0.6, 0.7, 0.99], "model": ["m"] * 4, "raw": ["A", "B", "B", "A"], "status": ["ok"] * 4,
        "sample": [0, 0, 0, 0], "wording": ["original"] * 4, "scores": ["[0.1, -1]", "", "[0, 1]", ""],
    },
}  # fmt: skip


def ledger() -> bytes:
    rows = [
        {
            "schema_version": 1, "key": f"key{n}", "question": item["id"], "wording": "original", "frame": "letters",
            "order": order, "condition": "", "sample": 0, "model": "m", "choice": order[0], "p": 0.75,
            "scores": [0.5, -0.5], "mass": 0.9, "status": "ok", "raw": "A", "detail": {"letters": {"A": -0.1}},
            "tokens": 9, "seconds": 0.1, "prompts": [{"text": "Q", "continuations": [" A", " B"]}],
        }
        for n, (item, order) in enumerate((item, order) for item in ITEMS[:7] for order in ([0, 1], [1, 0]))
    ]  # fmt: skip
    return lines(*rows)


def values() -> Values:
    figure = {"kind": "intervals", "title": "f", "data": {"rows": [
        {"item": "tea", "mean": 1.0, "low": 0.5, "high": 1.5}], "unit": "u"}, "note": "n"}  # fmt: skip
    finding = {
        "name": "controls", "claim": "c", "value": 0.9, "threshold": 0.8, "passed": True, "severity": "info",
        "sentence": "s", "evidence": {"right": 9, "n": 10, "interval": [0.8, 1.0]}, "figure": "",
    }  # fmt: skip
    notes = {"figures": [figure], "findings": [finding], "told": "t", "cannot": ["x"], "seed": 1, "more": {"a": [1.0]}}
    return Values(
        ("tea", "rum"), ("Ada",), [1.0, 2.0], [0.5, 1.5], [1.5, 2.5], cov=np.eye(2),
        scale=Scale("interval", "real", "log-odds"), method="fit/thurstone", notes=notes,
    )  # fmt: skip


def values_parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return values().write_parquet(Path(folder) / "v.parquet").read_bytes()


def linear(params: Any, states: Any, *, a: int = 0) -> Any:
    """The value function that `value_function` names."""
    return states @ params["w"] + a


def value_function() -> dict[str, bytes]:
    from safetensors.numpy import save

    data = save({"w": np.arange(6.0).reshape(2, 3), "b": np.zeros(2, dtype=np.float32)})
    about = {
        "schema_version": 1, "function": "tests.fuzz.seeds:linear", "spec": {"a": 1},
        "params_sha256": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip
    return {"params.safetensors": data, "value_function.json": json.dumps(about).encode()}


CONDITIONS = '[condition.kind]\nsystem = "Be kind."\nnudge = "Think."\n[condition.other]\npersona = "A nurse."\n'
PRINCIPLES = '[principle.a]\nsupporting = { honesty = 1.0 }\nopposing = ["tact"]\nsupporting_prompt = "Tell."\n'


def _csv(rows: list[dict[str, str]]) -> bytes:
    return table(".csv", {name: [row[name] for row in rows] for name in rows[0]})


def _dilemmas() -> bytes:
    rows = [
        {
            "idx": str(7 + i), "dilemma_situation": "A friend lies. Do you say so?", "action_type": action,
            "action": f"{action} it", "values_names": "['honesty', 'trust']", "wvs": "[nan, 'Survival']",
            "mft": "['Fairness', 'Loyalty']", "virtue": "['Truthfulness', nan]", "emotion": "['trust', 'trust']",
            "maslow": "['self-esteem', nan]", "topic_group": "friends",
        }
        for i in range(2) for action in daily_dilemmas.ACTIONS
    ]  # fmt: skip
    return _csv(rows)


def published() -> dict[str, dict[str, bytes]]:
    """Files of each published set, in sentences of our own, and the kind of each by its ending."""
    two = "**Option A:** Go on by {benefit_percentage}.\n\n**Option B:** Stop."
    harms = {managerbench.HUMAN_HARM: "Small injuries", managerbench.CONTROL: "Defects or scratches"}
    managers = {
        name: json.dumps([[f"{who} runs a farm.", two, f"Agriculture_{harms[kind]}_Avoid being shut down"]]).encode()
        for name, (who, kind) in managerbench.FULL.items()
    }
    pacifist = f"# one\n{','.join(pacifaist.COLUMNS)}\n" + "".join(
        (
            'EP1-001,EP,EP1,multiple_choice,"You must ""act"".",Yield,Resist,Wait,Flee,b,Yield.\n',
            "EP3-002,EP,EP3,generative,What now?,,,,,N/A,Say so.\n",
        )
    )
    world = {
        "name": "w", "states": [{"id": 0, "observation": "a"}, {"id": 1, "observation": "b"}],
        "start_state_distribution": [[0, 1.0]], "transitions": {"0": [[1, 1.0]]},
    }  # fmt: skip
    event = {
        "option": "rain",
        "sub_options": [{"option": "a", "probability": 0.5}, {"option": "b", "probability": 0.5}],
    }
    question = {"question": "Tea?", "pair_prompt": "Which?", "possible_answers": ["a", "b"]}
    sizes = [f"You get ${n} today." for n in (10, 1000, 100000)]
    utilities = {
        utility_engineering.OUTCOMES: {"drinks": ["You get tea.", *sizes]},
        utility_engineering.POLICIES: {"taxes": ["Raise them."]},
        utility_engineering.NATURAL: {"MarkovProcesses": [world]},
        utility_engineering.UNNATURAL: {"MarkovProcesses": [world]},
        utility_engineering.EVENTS: {"base_options": [event]},
        utility_engineering.QUESTIONS: [question],
        utility_engineering.ENTITIES: {"politicians": ["p"], "platforms": ["q"]},
    }
    row = {
        "topic": "Tee", "topic_english": "Tea", "question": "Magst du Tee?", "original": "Magst du Tee?",
        "original_english": "Do you like tea?", "rephrase": False, "options": {"Ja": "supports", "nein": "opposes"},
    }  # fmt: skip
    return {
        "daily_dilemmas": {daily_dilemmas.FULL: _dilemmas()},
        "managerbench": managers,
        "pacifaist": {pacifaist.FILE: pacifist.encode()},
        "utility_engineering": {name: json.dumps(given).encode() for name, given in utilities.items()},
        "value_consistency": {
            "controversial_english_us.jsonl": lines(row, {**row, "rephrase": True, "question": "Tee?"})
        },
    }


STEERING = {
    "principle": ["p"],
    "sup_value_prob_dict_clean": ["{'honesty': 1.0}"],
    "opp_value_prob_dict_clean": ["{'tact': 0.5}"],
    "real_conflict_dilemma_idx": ["[4, 9]"],
    "dilemma_sup_values_data_dict_idx": ["{'honesty': {'selected': [4], 'neglected': [9]}}"],
    "dilemma_opp_values_data_dict_idx": ["{'tact': defaultdict(<class 'list'>, {'selected': [9], 'neglected': [4]})}"],
    "system_prompt_sup_value_dilemma_model_resp_action_clean": ["{4: 'not_to_do', 9: 'to_do'}"],
    "system_prompt_opp_value_dilemma_model_resp_action_clean": ["defaultdict(<class 'str'>, {4: 'NA', 9: 'to_do'})"],
    "system_prompt_sup_value_system_prompt_dilemma_sup_values_data_dict_idx": [
        "{'honesty': defaultdict(<class 'list'>, {'selected': [4, 9]})}"
    ],
}

REPLY = {
    "id": "x", "model": "m", "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
    "choices": [{
        "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A", "reasoning": None},
        "logprobs": {"content": [{"token": "A", "logprob": -0.1, "bytes": [65], "top_logprobs": [
            {"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.5}, {"token": " A", "logprob": -4.0}]}]},
    }],
}  # fmt: skip
COMPLETION = {
    "choices": [{"text": " A", "logprobs": {"tokens": [" A"], "token_logprobs": [-0.1], "top_logprobs": [
        {" A": -0.1, " B": -2.5}]}}], "usage": {"total_tokens": 3},
}  # fmt: skip


@cache
def run() -> dict[str, bytes]:
    """The files of a run folder, made by measuring a judge whose values are planted."""
    from weigh.banks.bank import find_bank
    from weigh.pipelines.profile import measure
    from weigh.testbeds.planted import Planted

    bank = find_bank("pilot")
    theta = {value: float(i) for i, value in enumerate(bank.values)}
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "run"
        measure(
            Planted(bank, theta=theta, effect=0.5, paraphrase=0.6, seed=3), bank, at, instrument="stated", n_dilemmas=20
        )
        return {
            str(path.relative_to(at)): path.read_bytes()
            for path in sorted(at.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
