#!/bin/sh
# Runs a command as the container's user where nothing can be written but the directories named; as root, in a mount
# namespace of its own: readonly.sh WRITABLE:… PREPARE COMMAND…
# PREPARE is shell code that mounts more before. The user may read everything, since an interpreter may stand where
# others can't look.
set -eu
writable=:$1:
prepare=$2
shift 2
eval "$prepare"
case $PWD in
/tmp/*) # the repository itself stays to be seen, and no more than that
    mount --bind "$PWD" /mnt
    mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp
    mkdir -p "$PWD"
    mount --bind /mnt "$PWD"
    umount /mnt
    ;;
*) mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp ;;
esac
while read -r _ at _; do
    case $at in
    /proc* | /sys* | /dev | /dev/pts | /dev/mqueue) continue ;;
    esac
    mountpoint -q "$at" || continue # hidden by another
    case $writable in
    *:"$at":*) ;;
    *) mount -o remount,bind,ro "$at" ;;
    esac
done </proc/self/mounts
exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs --bounding-set=-all,+dac_read_search \
    --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search \
    env -i PATH=/usr/bin:/bin HOME=/nonexistent PYTHONDONTWRITEBYTECODE=1 "$@"
