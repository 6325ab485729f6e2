#!/usr/bin/env bash
# A language model that learns on one GPU: it clones `scripted`, then plays and learns by GRPO. See docs/gpu.md.
#
#   ENV=Coaching-v0 bash scripts/gpu.sh
#
# Stopped anywhere, it goes on from there when it is run again.
set -euo pipefail

ENV=${ENV:-Negotiation-v0}
SEED=${SEED:-0}
MODEL=${MODEL:-smollm2}
RUN=${RUN:-runs/gpu-$ENV-seed$SEED}
DEMONSTRATIONS=${DEMONSTRATIONS:-4000}
STEPS=${STEPS:-25}            # of GRPO, each on GROUPS_ x SIZE episodes
GROUPS_=${GROUPS_:-64}
SIZE=${SIZE:-16}
UPDATES=${UPDATES:-8}         # gradient steps on the episodes of a step
MICROBATCH=${MICROBATCH:-64}  # episodes that are read at once: fewer take less memory
RATE=${RATE:-1e-4}            # learning rate of the clone; GRPO's is a fifth of it
EPISODES=${EPISODES:-300}     # of the evaluations
TOKENS=${TOKENS:-48}          # of a turn, at most
SETTINGS=()
[[ $ENV == Negotiation* ]] && SETTINGS=(--set prices=relative)  # prices in percent, which a small model can read
COMMON=(--max-turn-tokens "$TOKENS" --eval-episodes "$EPISODES" --final-episodes "$EPISODES" --seed "$SEED" --out "$RUN" --go-on)
export HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1} TOKENIZERS_PARALLELISM=false

dialogym train bc "$ENV" "${SETTINGS[@]}" --model "$MODEL" --learning-rate "$RATE" --epochs 1 \
  --demonstrations "$DEMONSTRATIONS" "${COMMON[@]}"
dialogym train grpo "$ENV" "${SETTINGS[@]}" --model "$RUN/bc/model" --steps "$STEPS" --groups "$GROUPS_" \
  --group-size "$SIZE" --updates "$UPDATES" --microbatch "$MICROBATCH" --credit turn \
  --learning-rate "$(python -c "print($RATE / 5)")" --eval-every 5 "${COMMON[@]}"
dialogym report "$RUN"

python - "$RUN" <<'PYTHON'
"""Score against minutes, and what a step takes."""
import json
import statistics
import sys

rows = [json.loads(line) for line in open(f"{sys.argv[1]}/metrics.jsonl")]
grpo = [row for row in rows if row["stage"] == "grpo"]
print("minutes  episodes  score")
for row in grpo:
    if row.get("score") is not None:
        print(f"{row['seconds'] / 60:7.1f}  {row['episodes']:8}  {row['score']:.3f}")
ends = {row["step"]: row["seconds"] for row in grpo if "loss" in row}
steps = sorted(ends)
if len(steps) > 1:
    apart = statistics.median(ends[b] - ends[a] for a, b in zip(steps, steps[1:]))
    print(f"{len(steps)} updates, {apart:.2f} s each in the median; the first of a batch also plays it")
PYTHON
