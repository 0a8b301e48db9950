# bash complete.bash SCRIPT WORD...: what completes the last word, one match a line.
source /usr/share/bash-completion/bash_completion
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE=$*
COMP_POINT=${#COMP_LINE}
_neuron_pin 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
