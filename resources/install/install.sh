#!/bin/sh
# Installs NetBuilder from this folder, without a network and without administrator's rights.
# install.sh [FOLDER]: into FOLDER, else into ~/netbuilder. Needs Python @PYTHON@.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-$HOME/netbuilder}
python=
for one in python@PYTHON@ python3 python; do
  if "$one" -c 'import sys; sys.exit(sys.version_info[:2] != (@TUPLE@))' 2>/dev/null; then
    python=$one
    break
  fi
done
if [ -z "$python" ]; then
  echo "There is no Python @PYTHON@ on this computer, and this kit needs it." >&2
  echo "Install Python @PYTHON@ (python.org, or your system's packages), then run this again." >&2
  exit 1
fi
if ! "$python" "$here/check_sums.py"; then
  echo "This kit is damaged or was changed. Copy the whole kit again." >&2
  exit 1
fi
if ! "$python" -m venv "$place"; then
  echo "No virtual environment could be made in $place." >&2
  echo "Debian and Ubuntu: sudo apt install python@PYTHON@-venv. Or name another folder." >&2
  exit 1
fi
cpu=$(ls "$here"/wheels/tensorflow_cpu-*.whl 2>/dev/null | head -1 || true)
if [ -n "$cpu" ] && [ "$(uname)" = Linux ]; then
  # The wheel for processors alone is the same library under another name. NetBuilder comes last:
  # where it is there already, pip says that TensorFlow is missing.
  "$place/bin/python" - "$here"/wheels/netbuilder*.whl <<'END' > "$place/needed.txt"
import email
import sys
import zipfile
wheel = zipfile.ZipFile(sys.argv[-1])
(about,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
for one in email.message_from_bytes(wheel.read(about)).get_all("Requires-Dist"):
    name = one.split(">")[0].split(";")[0].strip()
    if "extra ==" not in one:
        print("tensorflow-cpu" if name == "tensorflow" else one)
END
  "$place/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" \
    -r "$place/needed.txt"
  "$place/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" \
    --no-deps @NAME@
else
  "$place/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" @NAME@
fi
echo "NetBuilder is installed. Start it with: $place/bin/netbuilder"
