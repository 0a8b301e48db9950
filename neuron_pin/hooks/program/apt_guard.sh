#!/bin/sh
# Runs the hook where on-error = refuse: what the hook cannot judge, because it cannot
# run, is refused if a Neuron package takes part. The transaction comes on
# standard input, version 3 of apt's protocol; exit code 10 refuses.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
here=${0%/*}
transaction=$(head -c 67108864)
if printf '%s\n' "$transaction" | grep -qaE '^[a-z0-9+.-]*neuron[a-z0-9+.-]* '; then
    concerned=yes
else
    concerned=no
fi
printf '%s\n' "$transaction" | timeout 10 "$here/apt-hook" --stdin --on-error=refuse
code=$?
case $code in
0 | 10) exit "$code" ;;
esac
[ "$concerned" = yes ] || exit 0
echo "neuron-pin: the hook could not run (exit code $code), so this was not judged" >&2
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
