#!/bin/bash
# tools/deps.sh GROUP... - installs what is missing of the groups in tools/packages.txt.
#
# Debian's packages only, as root or through sudo. While packages are installed a
# policy-rc.d forbids their services to start; whatever stood there before comes back.
set -euo pipefail
cd "$(dirname "$0")/.."

# make asks for several groups side by side; apt bears one at a time.
mkdir -p build/deps
exec 9>build/deps/lock
flock 9

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "deps: root or sudo is needed to run: $*" >&2
        return 1
    fi
}

is_installed() { # PACKAGE [COMMAND]
    if [ -n "$2" ]; then
        command -v "$2" >/dev/null || [ -x "/usr/sbin/$2" ]
    else
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
    fi
}

missing_packages() { # GROUP...
    local group package command
    while read -r group package command; do
        case " $* " in
        *" $group "*) is_installed "$package" "$command" || echo "$package" ;;
        esac
    done < <(grep -v '^#' tools/packages.txt)
}

POLICY=/usr/sbin/policy-rc.d
POLICY_KEPT=$POLICY.before-xiaopu

restore_policy() {
    as_root rm -f $POLICY
    [ ! -e $POLICY_KEPT ] || as_root mv $POLICY_KEPT $POLICY
}

forbid_services() {
    trap restore_policy EXIT
    [ ! -e $POLICY ] || as_root mv $POLICY $POLICY_KEPT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $POLICY >/dev/null
    as_root chmod 755 $POLICY
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

mapfile -t missing < <(missing_packages "$@")
if [ ${#missing[@]} -gt 0 ]; then
    echo "  install ${missing[*]}"
    log=$(mktemp)
    forbid_services
    if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
fi
