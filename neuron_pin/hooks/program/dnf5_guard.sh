#!/bin/sh
# Between dnf 5 and the hook: asks dnf 5 for the transaction, in the JSON of libdnf5's actions
# plugin, and hands the answers to the hook, whose output dnf 5 never reads. Arguments: what to
# do where the hook cannot judge (allow, refuse), what the transaction has (neuron, kernel), and
# the root that dnf 5 installs into. Exit code 10 refuses; dnf 5 goes on after any other.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
here=${0%/*}
on_error=$1
concerned=$2
root=$3
told=
newline='
'
ask() {
    printf '%s\n' "{\"op\":\"get\",\"domain\":\"$1\",\"args\":{\"params\":[$2],\"filters\":[{\"key\":$3},{\"key\":\"name\",\"value\":\"$4\",\"operator\":\"GLOB\"}],\"output\":[\"name\",\"epoch\",\"version\",\"release\"]}}"
    IFS= read -r answer || answer=
    told=$told$answer$newline
}
for name in '*neuron*' 'kernel*'; do
    ask trans_packages '' '"direction","value":"IN"' "$name"
    ask trans_packages '' '"direction","value":"OUT"' "$name"
    ask packages '{"key":"IGNORE_EXCLUDES"}' '"installed"' "$name"
done
printf '%s' "$told" | timeout 10 "$here/dnf5-hook" "--on-error=$on_error" "--for=$concerned" "--root=$root" >&2
code=$?
case $code in
0 | 10) exit "$code" ;;
esac
[ "$concerned" = neuron ] || exit 0
echo "neuron-pin: the hook could not run (exit code $code), so this was not judged" >&2
[ "$on_error" = refuse ] || exit 0
case ",${NEURON_PIN_ALLOW-}," in
*[,\ ]on-error[,\ ]*)
    echo "neuron-pin: allowed by NEURON_PIN_ALLOW=on-error" >&2
    exit 0
    ;;
esac
echo "neuron-pin: on-error = refuse, so nothing was changed. To allow the same command" >&2
echo "this once, run it after" >&2
echo "    sudo env NEURON_PIN_ALLOW=on-error" >&2
exit 10
