/* relay LISTEN_PORT UPSTREAM_PORT: copies bytes between each client connection and one upstream connection of its own, on
   one thread with epoll. It parses nothing: what it costs is what this kernel charges for being in between, the floor. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One direction's source. `kept` holds what the peer's socket did not take yet; while it is not empty nothing is read. */
struct side { int fd; struct side *peer; char *kept; size_t start, end; int dead; };

enum { SIZE = 64 * 1024 };
static int epoll;

static int tcp(void) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}
static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}
static struct side *watch(int fd) {
    struct side *s = calloc(1, sizeof *s);
    s->fd = fd;
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = s};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    return s;
}
static void end(struct side *s) {
    for (int i = 0; i < 2; i++, s = s->peer) if (!s->dead) { close(s->fd); s->dead = 1; }
}
/* Moves bytes from s to its peer until one of them would block. */
static void pump(struct side *s) {
    static char shared[SIZE];
    while (!s->dead && !s->peer->dead) {
        if (s->start < s->end) {
            ssize_t n = send(s->peer->fd, s->kept + s->start, s->end - s->start, MSG_NOSIGNAL);
            if (n < 0) { if (errno != EAGAIN && errno != ENOTCONN) end(s); return; }
            s->start += n;
            continue;
        }
        ssize_t n = recv(s->fd, shared, SIZE, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) { end(s); return; }
        ssize_t sent = send(s->peer->fd, shared, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) { end(s); return; }
        if (sent < 0) sent = 0;
        if (sent < n) {
            if (!s->kept) s->kept = malloc(SIZE);
            __builtin_memcpy(s->kept, shared + sent, n - sent);
            s->start = 0, s->end = n - sent;
        } else if (n < SIZE) return; /* a short read: the socket is empty, the edge will tell of more */
    }
}
int main(int argc, char **argv) {
    if (argc != 3) { fprintf(stderr, "relay LISTEN_PORT UPSTREAM_PORT\n"); return 2; }
    struct sockaddr_in here = loopback(atoi(argv[1])), there = loopback(atoi(argv[2]));
    int on = 1, listener = tcp();
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 1024)) { perror("relay"); return 1; }
    epoll = epoll_create1(0);
    struct epoll_event le = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &le);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct side *s = events[i].data.ptr;
            if (s) {
                if (s->dead) continue; /* ended earlier in this batch; freed never: connections of a benchmark are few */
                if (events[i].events & (EPOLLERR | EPOLLHUP)) { end(s); continue; }
                if (events[i].events & EPOLLIN) pump(s);
                if (events[i].events & EPOLLOUT && s->peer->end > s->peer->start) pump(s->peer);
                continue;
            }
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (client < 0) continue;
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            int upstream = tcp();
            if (connect(upstream, (void *)&there, sizeof there) && errno != EINPROGRESS) { close(client); close(upstream); continue; }
            struct side *a = watch(client), *b = watch(upstream);
            a->peer = b, b->peer = a;
        }
    }
}
