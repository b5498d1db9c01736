/* Load and back end of the stream rows, in one program.
     streams serve                              listens on ports of its own, prints "ECHO BULK DATAGRAMS", runs until it is killed:
                                                TCP echo, TCP that sends without end to whoever connects, UDP echo
     streams small PORT CONNECTIONS SECONDS     64-byte messages over TCP, one under way on each connection
     streams bulk PORT CONNECTIONS SECONDS      reads from TCP connections as fast as it can
     streams datagrams PORT CLIENTS SECONDS     64-byte datagrams, one under way for each client; lost ones are sent again and count as failed
   The clients print: what arrived (messages, bytes, datagrams) and failures. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, CHUNK = 256 * 1024, MOST = 4096, LOST_NS = 200 * 1000 * 1000 };
enum kind { LISTEN_ECHO, LISTEN_BULK, ECHO, BULK, DATAGRAMS };
static char buffer[CHUNK];
static int epoll;

static int64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}
static void watch(int fd, enum kind kind, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u64 = (uint64_t)kind << 32 | (uint32_t)fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}
static int serve_on(int type, enum kind kind) {
    struct sockaddr_in at = loopback(0);
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    if (bind(fd, (void *)&at, sizeof at) || (type == SOCK_STREAM && listen(fd, 4096))) { perror("streams: listen"); exit(1); }
    getsockname(fd, (void *)&at, &length);
    watch(fd, kind, EPOLLIN);
    return ntohs(at.sin_port);
}
static void answer(int fd, enum kind kind) {
    if (kind == LISTEN_ECHO || kind == LISTEN_BULK) {
        int on = 1, peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
        if (peer < 0) return;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(peer, kind == LISTEN_ECHO ? ECHO : BULK, kind == LISTEN_ECHO ? EPOLLIN : EPOLLOUT);
        return;
    }
    if (kind == DATAGRAMS) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &length);
        if (n >= 0) sendto(fd, buffer, n, 0, (void *)&from, length);
        return;
    }
    ssize_t n = kind == BULK ? send(fd, buffer, sizeof buffer, MSG_NOSIGNAL) : recv(fd, buffer, sizeof buffer, 0);
    if (n > 0 && kind == ECHO) n = send(fd, buffer, n, MSG_NOSIGNAL);
    if (n == 0 || (n < 0 && errno != EAGAIN)) close(fd);
}
static void serve(void) {
    struct epoll_event events[256];
    int echo = serve_on(SOCK_STREAM, LISTEN_ECHO), bulk = serve_on(SOCK_STREAM, LISTEN_BULK), datagrams = serve_on(SOCK_DGRAM, DATAGRAMS);
    printf("%d %d %d\n", echo, bulk, datagrams);
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) answer((int)events[i].data.u64, events[i].data.u64 >> 32);
    }
}
static int connect_to(int type, int port) {
    struct sockaddr_in at = loopback(port);
    int on = 1, fd = socket(AF_INET, type, 0);
    if (connect(fd, (void *)&at, sizeof at)) { perror("streams: connect"); exit(1); }
    if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}
static void run(const char *mode, int port, int count, int seconds) {
    static int have[MOST];
    static int64_t sent[MOST];
    int bulk = !strcmp(mode, "bulk"), datagrams = !strcmp(mode, "datagrams"), *fds = calloc(count, sizeof *fds);
    uint64_t arrived = 0, failed = 0;
    struct epoll_event events[256];
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(datagrams ? SOCK_DGRAM : SOCK_STREAM, port);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e);
        sent[i] = now();
        if (!bulk && send(fds[i], buffer, MESSAGE, 0) != MESSAGE) failed++;
    }
    int64_t end = now() + seconds * 1000000000LL, swept = now();
    for (int64_t t; (t = now()) < end;) {
        int n = epoll_wait(epoll, events, 256, 10);
        for (int k = 0; k < n; k++) {
            int i = events[k].data.u32;
            ssize_t got = recv(fds[i], buffer, bulk ? CHUNK : MESSAGE, MSG_DONTWAIT);
            if (got < 0 && (errno == EAGAIN || errno == ECONNREFUSED)) continue;
            if (got <= 0) { failed++; epoll_ctl(epoll, EPOLL_CTL_DEL, fds[i], NULL); continue; }
            if (bulk) { arrived += got; continue; }
            if ((have[i] += got) < MESSAGE) continue;
            have[i] = 0, arrived++, sent[i] = t;
            if (send(fds[i], buffer, MESSAGE, MSG_NOSIGNAL) != MESSAGE) failed++;
        }
        if (datagrams && t - swept > LOST_NS) {
            swept = t;
            for (int i = 0; i < count; i++)
                if (t - sent[i] > LOST_NS) { failed++; sent[i] = t; send(fds[i], buffer, MESSAGE, 0); }
        }
    }
    printf("%llu %llu\n", (unsigned long long)arrived, (unsigned long long)failed);
}
int main(int argc, char **argv) {
    epoll = epoll_create1(0);
    if (argc == 2 && !strcmp(argv[1], "serve")) serve();
    if (argc != 5 || atoi(argv[3]) > MOST) { fprintf(stderr, "usage: streams serve | small|bulk|datagrams PORT COUNT SECONDS\n"); return 2; }
    run(argv[1], atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
}
