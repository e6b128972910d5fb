#!/usr/bin/env bash
# Run Jaga's make targets in a minimal Debian tree, as on a machine where nothing is installed.
#
#   tools/bare_debian.sh [OPTIONS] TARGET…
#
# Targets, run in the order given, each in the same tree:
#   check             make check
#   run               make run ONCE=1
#   test              make test
#
# Options:
#   --suite SUITE     Debian's release (default: trixie, which has Python 3.13; bookworm has 3.11)
#   --python3.N SUITE also install python3.N from that release, and build with it (--python3.11 bookworm)
#   --sources FILE    apt sources in one-line style for the tree (default: this machine's, with SUITE put in)
#   --pytest WORDS    given to pytest by `make test`, for instance --pytest "tests/ledger -x"
#   --in FOLDER       where the tree is made (default: TMPDIR or /tmp)
#   --keep            leave the tree behind and say where it is
#   --help            this text
#
# As root, with mmdebstrap, git, iproute2 and util-linux. The tree gets python3, pip, venv, make, git and certificates, a
# clone of HEAD (what is not committed is not in it), an empty home and no caches. Each target first installs what it needs
# (`make ready-TARGET`) over this machine's network, with its pip, npm and certificate settings; then the target itself
# runs in a network of its own that has nothing but loopback. Mounts and processes live in namespaces of their own and end
# with this script, after Ctrl-C and kill -9 too; the tree that it made is removed (not after kill -9), and nothing else.
# Exit status: 0 if all passed.

set -euo pipefail

SUITE=trixie PYTHON=python3 PYTHON_SUITE='' SOURCES='' WORDS='' FOLDER=${TMPDIR:-/tmp} KEEP='' TARGETS=() TREE='' CHILD=''
CHECKOUT=$(cd "$(dirname "$0")/.." && pwd)
SETTINGS=(/etc/pip.conf /etc/xdg/pip /root/.config/pip /root/.pip /etc/npmrc /usr/etc/npmrc /root/.npmrc /etc/resolv.conf)
COPIED='^(PIP_.*|npm_config_.*|NPM_CONFIG_.*|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)='

stop() { echo "bare_debian: $*" >&2; exit 2; }
say() { printf '== %s  %s\n' "$(date +%T)" "$*"; }

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --suite) SUITE=${2:?} ; shift ;;
            --python3.*) PYTHON=${1#--} PYTHON_SUITE=${2:?} ; shift ;;
            --sources) SOURCES=$(cat "${2:?}") ; shift ;;
            --pytest) WORDS=${2:?} ; shift ;;
            --in) FOLDER=${2:?} ; shift ;;
            --keep) KEEP=yes ;;
            check|run|test) TARGETS+=("$1") ;;
            *) stop "$1 is unknown; see --help." ;;
        esac
        shift
    done
    [ ${#TARGETS[@]} -gt 0 ] || stop "name at least one of check, run and test; see --help."
}

check_machine() {
    local command
    [ "$(id -u)" = 0 ] || stop "this needs root, for chroot and namespaces."
    for command in mmdebstrap git ip unshare setpriv chroot apt-get; do
        command -v "$command" > /dev/null || stop "$command is missing; apt-get install mmdebstrap git iproute2 util-linux"
    done
    [ -z "$(git -C "$CHECKOUT" status --porcelain)" ] || say "what is not committed is not in the tree"
}

sources_for() {  # the machine's own sources with another release in them; a source that lies on this machine is left out
    local own
    if [ -n "$SOURCES" ]; then echo "$SOURCES"; return; fi
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -nE "/^deb https?:/s/ $own(-security|-updates)? / $1\1 /p" | sort -u
}

apt_settings() { apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy)[ :]' || true; }

make_tree() {
    local option=() line
    while read -r line; do [ -z "$line" ] || option+=("--aptopt=$line"); done < <(apt_settings)
    sources_for "$SUITE" > "$TREE.list"
    [ -s "$TREE.list" ] || stop "no apt source of this machine fits $SUITE; give some with --sources."
    say "making a minimal $SUITE in $TREE"
    mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists "${option[@]}" \
        --include=ca-certificates,python3,python3-pip,python3-venv,make,git "$SUITE" "$TREE" "$TREE.list"
    git clone --quiet --no-local --depth 1 "file://$CHECKOUT" "$TREE/srv/jaga"
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$TREE/etc/ssl/certs/"
}

older_python() {  # the other release stays a source of that interpreter alone
    [ -n "$PYTHON_SUITE" ] || return 0
    say "installing $PYTHON from $PYTHON_SUITE"
    sources_for "$PYTHON_SUITE" > "$TREE/etc/apt/sources.list.d/older.list"
    printf 'Package: *\nPin: release n=%s*\nPin-Priority: 100\n' "$PYTHON_SUITE" > "$TREE/etc/apt/preferences.d/older"
    inside network "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        $PYTHON > /dev/null" || stop "$PYTHON cannot be installed from $PYTHON_SUITE."
}

inside() {  # NETWORK|LOOPBACK COMMAND: in the tree, with mounts and processes that end with it
    local variables=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb) kinds=() status=0
    while IFS= read -r -d '' line; do
        [[ ! $line =~ $COPIED ]] || variables+=("$line")
    done < <(env -0)
    [ "$1" = network ] || kinds=(--net)
    # In the background, so that a signal to this script alone is answered at once.
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --ipc --uts "${kinds[@]}" \
        bash -c "$INSIDE" "$1" "$TREE" "$2" "${SETTINGS[*]}" "${variables[@]}" < /dev/null &
    CHILD=$!
    wait "$CHILD" || status=$?
    CHILD=''
    return "$status"
}

INSIDE='
set -euo pipefail
tree=$1 command=$2 settings=$3; shift 3
[ "$0" = network ] || ip link set lo up
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sysfs "$tree/sys"
mount --rbind /dev "$tree/dev"
mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
for name in $settings; do
    [ -e "$name" ] || continue
    if [ -d "$name" ]; then mkdir -p "$tree$name"; else mkdir -p "$tree$(dirname "$name")"; touch "$tree$name"; fi
    mount --bind -o ro "$(realpath "$name")" "$tree$name"
done
exec chroot "$tree" /usr/bin/env -i "$@" /bin/sh -c "cd /srv/jaga && $command"
'

run_target() {
    local begun=$SECONDS words=() status=0
    words=(PYTHON="$PYTHON")
    [ "$1" != run ] || words+=(ONCE=1)
    [ -z "$WORDS" ] || words+=("PYTEST='$WORDS'")
    say "make ready-$1"
    inside network "make --no-print-directory ready-$1 ${words[*]}" || { RESULT+=("$1: its set-up failed"); return 1; }
    say "make $1, with loopback alone ($((SECONDS - begun)) s for its set-up)"
    inside loopback "make --no-print-directory $1 ${words[*]}" || status=$?
    RESULT+=("make $1 on $SUITE, $VERSION: exit status $status, $((SECONDS - begun)) s with its set-up")
    return "$status"
}

cleanup() {
    local status=$?
    trap '' INT TERM HUP
    if [ -n "$CHILD" ]; then kill -KILL "$CHILD" 2> /dev/null || true; wait "$CHILD" 2> /dev/null || true; fi
    if [ -n "$KEEP" ]; then say "left behind: $TREE"; else rm -rf --one-file-system "$TREE"; fi
    rm -f "$TREE.list"
    exit "$status"
}

main() {
    local target failed=0
    read_options "$@"
    check_machine
    TREE=$(mktemp -d "$FOLDER/bare-debian.XXXXXXXX")
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    chmod 755 "$TREE"
    make_tree
    older_python
    VERSION=$(chroot "$TREE" "$PYTHON" --version)
    RESULT=()
    for target in "${TARGETS[@]}"; do run_target "$target" || failed=1; done
    printf '== %s\n' "${RESULT[@]}"
    exit "$failed"
}

main "$@"
