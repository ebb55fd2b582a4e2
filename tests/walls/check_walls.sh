#!/usr/bin/env bash
# Proves the walls between the rooms: check_walls.sh BUILD_FOLDER SOURCE_FOLDER
set -u
build=$1; source=$2; bad=0
say() { echo "wall broken: $1"; bad=1; }

ldd "$build/phloxine-commands" | grep -qiE 'libQt|libopencv_(imgcodecs|highgui)|libtorch_cuda' && say "phloxine-commands links Qt, a forbidden part of OpenCV, or CUDA"
ldd "$build/phloxine" | grep -qiE 'libQt|libtorch|libc10' && say "phloxine links Qt or Torch, so its help would wait for them"
ldd "$build/phloxine" "$build/phloxine-commands" | grep -q 'not found' && say "phloxine misses a library"
grep -rlE '#include *[<"]Q[A-Z]' "$source/core" "$source/app/cli" && say "core or the command line includes Qt"
grep -rlE '#include *[<"](torch|ATen|c10)/' "$source/ui" "$source/app" && say "ui or app includes Torch"
# No translation unit of ui or app/window is compiled with Torch's headers on its path.
python3 - "$build/compile_commands.json" <<'P' || say "ui is compiled with Torch's headers on its path"
import json, sys
commands = [c for c in json.load(open(sys.argv[1])) if "/ui/" in c["file"] or "/app/" in c["file"]]
assert commands
sys.exit(any("torch/include" in c["command"] for c in commands if "/tests/" not in c["file"]))
P
# Pages of ui never include each other.
for page in generate exporting; do
  for other in compare review train models; do grep -rqE "#include \"ui/$other/" "$source/ui/$page" && say "ui/$page includes ui/$other"; done
done
for other in generate exporting compare review train; do grep -rqE "#include \"ui/$other/" "$source/ui/models" && say "ui/models includes ui/$other"; done
for other in generate exporting compare review models; do grep -rqE "#include \"ui/$other/" "$source/ui/train" && say "ui/train includes ui/$other"; done
[ $bad = 0 ] && echo "walls hold"
exit $bad
