# bash completion for udptalk; completions/write makes it from the program's tables.
_udptalk()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=
    if [[ $word == = ]]; then # --option=word comes as three
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $before == --fault && $word == [\'\"]* ]]; then # the last of those between the quotes
        words=${word:1}
        words=${words%"${words##*[[:blank:]]}"}
        word=${word:1+${#words}}
    fi
    case $before in
    -e)
        mapfile -t COMPREPLY < <(compgen -W ' to connect disconnect listen close bind join leave send hex file repeat burst ping stop name use transform rule fault expect wait why set status find filter mark go inspect copy step speed code lesson view ladder figure calls stats save open replay clear zoom help quit' -P "$words" -- "$word")
        return
        ;;
    -f)
        mapfile -t COMPREPLY < <(compgen -f -P "$words" -- "$word")
        compopt -o filenames
        return
        ;;
    --transform)
        mapfile -t COMPREPLY < <(compgen -W ' upper lower swap reverse rot13 echo discard' -P "$words" -- "$word")
        return
        ;;
    --fault)
        mapfile -t COMPREPLY < <(compgen -W ' client server in out loss burst delay jitter dup reorder corrupt rate seed off' -P "$words" -- "$word")
        return
        ;;
    --user)
        mapfile -t COMPREPLY < <(compgen -u -P "$words" -- "$word")
        return
        ;;
    --save)
        mapfile -t COMPREPLY < <(compgen -f -P "$words" -- "$word")
        compopt -o filenames
        return
        ;;
    --open)
        mapfile -t COMPREPLY < <(compgen -f -P "$words" -- "$word")
        compopt -o filenames
        return
        ;;
    --lesson)
        mapfile -t COMPREPLY < <(compgen -W ' list all first-datagram which-port which-address one-send-one-receive bytes-not-characters two-clients nobody-there no-connection connected the-cut zero-and-largest lost late-and-doubled overflow header-and-checksum retry two-servers-loop' -P "$words" -- "$word")
        return
        ;;
    --size)
        mapfile -t COMPREPLY < <(compgen -W ' 80x24 120x36' -P "$words" -- "$word")
        return
        ;;
    --lang)
        mapfile -t COMPREPLY < <(compgen -W ' en zh_CN' -P "$words" -- "$word")
        return
        ;;
    --relay) return ;;
    -s) return ;;
    -p) return ;;
    --join) return ;;
    -M) return ;;
    -T) return ;;
    -w) return ;;
    -i) return ;;
    -c) return ;;
    -q) return ;;
    --window) return ;;
    --seed) return ;;
    --max-log) return ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W '-l --both --relay --check -4 -6 -n -s -p -b --join -M -T -w -i -c -C -u -k -q --whole -v -e -f --batch --json --quiet --window --transform --fault --seed --allow-exec --user --max-log --save --open --lesson --size --lang --ascii --no-color -h --help -V --version' -- "$word")) ;;
    *) COMPREPLY=($(compgen -A hostname -- "$word")) ;;
    esac
}
complete -F _udptalk udptalk
