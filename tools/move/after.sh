#!/usr/bin/env bash
# After `move.py`: files that are not modules, and what needs no judgement.
set -euo pipefail
cd "$(dirname "$0")/../.."
S=src/jaga
mkdir -p $S/store/inventory
git mv $S/records/migrations $S/store/migrations
git mv $S/records/guards $S/store/guards
git mv $S/records/guards.txt $S/store/guards.txt
git mv $S/records/inventory/*.yaml $S/store/inventory/
find $S -name __pycache__ -prune -exec rm -rf {} +
find $S -name __init__.py | while read -r init; do
    if [ "$(ls -A "$(dirname "$init")")" = __init__.py ]; then git rm -qf "$init" 2>/dev/null || rm "$init"; fi
done
git rm -qrf $S/records 2>/dev/null || true
rm -rf $S/records
find $S -type d -empty -delete
sed -i 's#src/jaga/records/migrations#src/jaga/store/migrations#; s#^"jaga.records" = #"jaga.store" = #' pyproject.toml
grep -rlE 'jaga\.records\.(migrations|guards)|jaga/records/(migrations|guards|inventory)|records/(migrations|guards|inventory)' --include=* \
    src tests tools docs practice bench Makefile pyproject.toml CONTRIBUTING.md README.md 2>/dev/null | grep -v tools/move/ |
    xargs -r sed -i -E 's#jaga\.records\.(migrations|guards)#jaga.store.\1#g; s#(jaga/)records/(migrations|guards|inventory)#\1store/\2#g; s#\brecords/(migrations|guards|inventory)#store/\1#g'
.venv/bin/ruff check -q --select I,F401,E501 --fixable I,F401 --fix --exit-zero src practice tests tools bench examples > /dev/null
.venv/bin/ruff format -q src practice tests tools bench examples
.venv/bin/ruff check src practice tests tools bench examples --output-format concise | tail -60
