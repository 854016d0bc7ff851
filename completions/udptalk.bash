# bash completion for udptalk; completions/write makes it from the program's tables.
_udptalk()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    -e)
        COMPREPLY=($(compgen -W ' to connect disconnect listen close bind join leave send hex file repeat burst ping stop name use transform rule fault expect wait why set status find filter mark go inspect copy step speed code lesson view ladder figure calls stats save open replay clear zoom help quit' -- "$word"))
        return
        ;;
    -f)
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames
        return
        ;;
    --transform)
        COMPREPLY=($(compgen -W ' upper lower swap reverse rot13 echo discard' -- "$word"))
        return
        ;;
    --fault)
        COMPREPLY=($(compgen -W ' client server in out loss burst delay jitter dup reorder corrupt rate seed off' -- "$word"))
        return
        ;;
    --user)
        COMPREPLY=($(compgen -u -- "$word"))
        return
        ;;
    --save)
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames
        return
        ;;
    --open)
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames
        return
        ;;
    --lesson)
        COMPREPLY=($(compgen -W ' list all first-datagram which-port which-address one-send-one-receive bytes-not-characters two-clients nobody-there no-connection connected the-cut zero-and-largest lost late-and-doubled overflow header-and-checksum retry two-servers-loop' -- "$word"))
        return
        ;;
    --size)
        COMPREPLY=($(compgen -W ' 80x24 120x36' -- "$word"))
        return
        ;;
    --lang)
        COMPREPLY=($(compgen -W ' en zh_CN' -- "$word"))
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
