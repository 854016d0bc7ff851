#include "config.h"

#include "core/error.h"

#include <errno.h>
#include <string.h>

static const struct error_info table[] = {
    {ECONNREFUSED, "nobody listens on that port: ICMP \"port unreachable\" came back",
     "start the server there, or check the port"},
    {EMSGSIZE, "more bytes than one datagram can carry (65,507 over IPv4, 65,527 over IPv6)",
     "send less, or split it into several datagrams"},
    {ENETUNREACH, "this machine, or a router on the way, has no route to that network", "check the address, the cable or Wi-Fi, and ip route"},
    {EHOSTUNREACH, "that host could not be reached: nobody answers for its address, or a router gave up",
     "check that it is switched on and that the address is right"},
    {EHOSTDOWN, "that host is down, as far as the system knows", "check that it is switched on"},
    {ENOPROTOOPT, "that machine does not speak UDP: ICMP \"protocol unreachable\" came back", "check the address"},
    {EACCES, "not allowed: a broadcast address needs -b, a port below 1024 needs root, a firewall may forbid it",
     "use -b for broadcast, a port from 1024 on, or look at the firewall's rules"},
    {EPERM, "a firewall of this machine forbids it", "look at its rules: nft list ruleset, or iptables -L"},
    {EINVAL, "the address does not fit: port 0, or a link-local address without its interface",
     "give a port from 1 on; write link-local addresses with the interface: fe80::1%eth0"},
    {ENOBUFS, "the network interface's queue is full", "send more slowly (-i), or try again"},
    {EAGAIN, "the socket's send buffer is full just now", "nothing, it goes on by itself"},
    {EADDRINUSE, "another program has that port", "take another one (port 0: any that is free), or end that program"},
    {EADDRNOTAVAIL, "that is no address of this machine", "ip address lists them; 0.0.0.0 and :: stand for all of them"},
    {EAFNOSUPPORT, "IPv4 and IPv6 do not mix on one socket, or this machine lacks one of them",
     "take addresses of one kind: -4 or -6"},
    {EDESTADDRREQ, "the socket has no peer to send to", "name one: /to HOST [PORT]"},
    {EISCONN, "the socket is connected to another peer", "/disconnect, or /to HOST"},
    {ENOTCONN, "the socket has no peer", "name one: /to HOST [PORT]"},
    {ENODEV, "there is no network interface of that name", "ip link lists them"},
    {ENXIO, "there is no such network interface, or it is down", "ip link lists them"},
    {ENETDOWN, "the network interface is down", "switch it on: ip link set NAME up"},
    {ENOMEM, "the system is out of memory", "end something else, or take a smaller --max-log"},
    {EMFILE, "this program may open no more files (ulimit -n)", "close something, or raise the limit"},
    {ENFILE, "the whole system has too many files open", "end something else"},
    {ETIMEDOUT, "it took too long", "try again"},
    {EPROTO, "an ICMP message made no sense", "nothing, it was counted as a failure"},
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

const char *error_meaning(int error)
{
    const struct error_info *info = error_find(error);
    const char *words = info ? info->meaning : strerrordesc_np(error);
    return words ? words : "an unknown error";
}

const char *error_file_advice(int error)
{
    switch (error) {
    case EMFILE: return "; close something, or raise the limit (ulimit -n)";
    case ENFILE: return "; the whole system has too many files open: end something else";
    case ENOSPC:
    case EDQUOT: return "; make room there, or name another place";
    case EFBIG: return "; the limit is ulimit -f";
    case EROFS: return "; name another place";
    default: return "";
    }
}

const char *error_advice(int error)
{
    const struct error_info *info = error_find(error);
    return info ? info->advice : "";
}
