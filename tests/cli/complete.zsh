# zsh -f complete.zsh FOLDER LINE: what completes a line, one match a line.
zmodload zsh/zpty || exit 77
folder=$1 line=$2
zpty z zsh -f -i
setup=$(mktemp)
cat >$setup <<SETUP
PROMPT=
fpath=($folder \$fpath)
autoload compinit
compinit -u -D
bindkey '^M' undefined
bindkey '^J' undefined
bindkey '^I' complete-word
null-line() { print -r -- \$'\0' }
compprefuncs=(null-line)
comppostfuncs=(null-line exit)
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' insert-tab false
compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "\$@"
        return
    fi
    typeset -a hits
    builtin compadd -A hits "\$@"
    (( \$#hits )) && print -rl -- \$hits
    builtin compadd "\$@"
}
print ready
SETUP
zpty -w z "source $setup"
repeat 20; do
    zpty -r z text
    [[ $text == *ready* ]] && break
done
zpty -w z "$line"$'\t'
integer seen=0
while zpty -r z; do :; done | while IFS= read -r text; do
    if [[ $text == *$'\0'* ]]; then
        (( seen++ )) && break
        continue
    fi
    (( seen )) && print -r -- ${text%$'\r'}
done
rm -f $setup
