#!/usr/bin/env bash
# The minutes after a change went red, in a fresh clone of a project: each step is one command.
#
#   loop.sh FOLDER TOKENIZER    FOLDER is empty; TOKENIZER has a tokenizer.json
#
# `step CODE COMMAND...` runs a command and ends the script where its exit code is another one.
set -uo pipefail
cd "$1"
unset CI

step() {
  local wanted=$1 code=0
  shift
  printf '\n$ %s\n' "$*"
  "$@" || code=$?
  [ "$code" = "$wanted" ] || { echo "LOOP: exit code $code, wanted $wanted"; exit 1; }
}

change() { # change FILE PYTHON: edit a tokenizer.json
  python3 - "$1" "$2" <<'PYTHON'
import json, sys
from pathlib import Path

path = Path(sys.argv[1])
file = json.loads(path.read_text(encoding="utf-8"))
exec(sys.argv[2])
path.write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
PYTHON
}

commit() { git add -A && git -c user.name=ann -c user.email=ann@example.org commit -qm "$1"; }

git init -q project && mkdir project/models && cp -r "$2" project/models/mine && cd project
step 0 tokparity init --from hf:models/mine --yes
commit "A plan, a corpus, goldens"
cd .. && git clone -q project clone && cd clone
step 0 pytest -q -m parity

echo "## A change that is meant: the added token takes the space before it"
change models/mine/tokenizer.json 'file["added_tokens"][0]["lstrip"] = True'
step 4 tokparity golden check                   # it goes red: the file is another one, and some ids are
step 0 tokparity review list                    # it is read
first=$(tokparity review list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["changes"][-1]["identity"])')
step 0 tokparity review show "$first"
step 0 tokparity review accept --all --reason "the template puts a space before the token"
step 0 tokparity golden check                   # it is green
step 0 git diff --stat
commit "Goldens, accepted with a reason"

echo "## A change that is not meant: the file of the candidate has lost a merge"
cp -r models/mine models/fast
change models/fast/tokenizer.json 'del file["model"]["merges"][40]'
sed -i 's|^candidate = .*|candidate = "hf:models/fast"|' pyproject.toml
step 1 tokparity run                            # it goes red
run=$(ls .parity/runs/*.jsonl | tail -1)
step 1 tokparity report "$run" --format markdown   # it is read
first=$(tokparity report "$run" --format json | python3 -c '
import json, sys
print(json.load(sys.stdin)["causes"][0]["identities"][0])')
step 1 tokparity replay "$first"                # it is no accident
step 0 tokparity explain "$first"
step 0 tokparity explain "$first" --emit python
step 0 tokparity ledger add "$first" --whole-cause --reason "until the vendor mends it" --expires 90d
step 0 tokparity ledger check
step 0 tokparity run                            # it is green, and says what is expected
commit "A known difference, with a reason and a day"

echo "## The file comes whole: what was excused must not be excused for ever"
python3 -m json.tool --no-ensure-ascii models/mine/tokenizer.json models/fast/tokenizer.json
step 0 tokparity replay --run "$run"              # fixed
step 1 tokparity run                            # the entries must still differ, and do not
step 0 tokparity ledger prune
step 0 tokparity run
step 0 pytest -q -m parity
