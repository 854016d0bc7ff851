#include "config.h"

#include "core/error.h"

#include <errno.h>
#include <string.h>

#include "core/words.h"

static const struct error_info table[] = {
    {ECONNREFUSED, N_("nobody listens on that port: ICMP \"port unreachable\" came back"),
     N_("start the server there, or check the port")},
    {EMSGSIZE, N_("more bytes than one datagram can carry (65,507 over IPv4, 65,527 over IPv6)"),
     N_("send less, or split it into several datagrams")},
    {ENETUNREACH, N_("this machine, or a router on the way, has no route to that network"), N_("check the address, the cable or Wi-Fi, and ip route")},
    {EHOSTUNREACH, N_("that host could not be reached: nobody answers for its address, or a router gave up"),
     N_("check that it is switched on and that the address is right")},
    {EHOSTDOWN, N_("that host is down, as far as the system knows"), N_("check that it is switched on")},
    {ENOPROTOOPT, N_("that machine does not speak UDP: ICMP \"protocol unreachable\" came back"), N_("check the address")},
    {EACCES, N_("not allowed: a broadcast address needs -b, a port below 1024 needs root, a firewall may forbid it"),
     N_("use -b for broadcast, a port from 1024 on, or look at the firewall's rules")},
    {EPERM, N_("a firewall of this machine forbids it"), N_("look at its rules: nft list ruleset, or iptables -L")},
    {EINVAL, N_("the address does not fit: port 0, or a link-local address without its interface"),
     N_("give a port from 1 on; write link-local addresses with the interface: fe80::1%eth0")},
    {ENOBUFS, N_("the network interface's queue is full"), N_("send more slowly (-i), or try again")},
    {EAGAIN, N_("the socket's send buffer is full just now"), N_("nothing, it goes on by itself")},
    {EADDRINUSE, N_("another program has that port"), N_("take another one (port 0: any that is free), or end that program")},
    {EADDRNOTAVAIL, N_("that is no address of this machine"), N_("ip address lists them; 0.0.0.0 and :: stand for all of them")},
    {EAFNOSUPPORT, N_("IPv4 and IPv6 do not mix on one socket, or this machine lacks one of them"),
     N_("take addresses of one kind: -4 or -6")},
    {EDESTADDRREQ, N_("the socket has no peer to send to"), N_("name one: /to HOST [PORT]")},
    {EISCONN, N_("the socket is connected to another peer"), N_("/disconnect, or /to HOST")},
    {ENOTCONN, N_("the socket has no peer"), N_("name one: /to HOST [PORT]")},
    {ENODEV, N_("there is no network interface of that name"), N_("ip link lists them")},
    {ENXIO, N_("there is no such network interface, or it is down"), N_("ip link lists them")},
    {ENETDOWN, N_("the network interface is down"), N_("switch it on: ip link set NAME up")},
    {ENOMEM, N_("the system is out of memory"), N_("end something else, or take a smaller --max-log")},
    {EMFILE, N_("this program may open no more files (ulimit -n)"), N_("close something, or raise the limit")},
    {ENFILE, N_("the whole system has too many files open"), N_("end something else")},
    {ETIMEDOUT, N_("it took too long"), N_("try again")},
    {EPROTO, N_("an ICMP message made no sense"), N_("nothing, it was counted as a failure")},
};

const struct error_info *error_at(size_t index)
{
    return index < sizeof table / sizeof *table ? &table[index] : NULL;
}

const struct error_info *error_find(int error)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].error == error)
            return &table[i];
    return NULL;
}

const char *error_words(int error)
{
    const char *words = strerrordesc_np(error);
    return words ? words : N_("an unknown error");
}

const char *error_meaning(int error)
{
    const struct error_info *info = error_find(error);
    return info ? info->meaning : error_words(error);
}

const char *error_file_advice(int error)
{
    switch (error) {
    case EMFILE: return N_("; close something, or raise the limit (ulimit -n)");
    case ENFILE: return N_("; the whole system has too many files open: end something else");
    case ENOSPC:
    case EDQUOT: return N_("; make room there, or name another place");
    case EFBIG: return N_("; the limit is ulimit -f");
    case EROFS: return N_("; name another place");
    case EISDIR: return N_("; name a file in it");
    case EAGAIN: return N_("; whoever reads it takes nothing: what came before is there");
    case ELOOP: return N_("; its links lead in a circle");
    case ENXIO: return N_("; nobody is at the other end of that pipe or device");
    case ESRCH: return N_("; the process that opens files has ended: start udptalk anew");
    default: return "";
    }
}

const char *error_advice(int error)
{
    const struct error_info *info = error_find(error);
    return info ? info->advice : "";
}
