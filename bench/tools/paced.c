/* paced PORT RATE CONNECTIONS SECONDS HOST PATH: sends requests at a fixed rate whatever the answers do (open loop) and
   measures each from the moment when it should have been sent. A closed-loop client waits while the server stalls and so
   never sees the stall; here the requests that fall due meanwhile queue up and count with their waiting time.
   Prints: rate seen, failures, and latency in microseconds: p50 p90 p99 p99.9 max. */
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
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 16 * 1024, LONGEST_US = 10 * 1000 * 1000 };
struct connection { int fd, busy, refused; int64_t due; size_t have; long body; char in[BUFFER]; };

static struct connection *all, **idle;
static int idle_count, epoll, request_length;
static char request[1024];
static uint32_t *histogram;
static uint64_t answered, failed;
static struct sockaddr_in server;

static int64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }

static void open_connection(struct connection *c) {
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (void *)&server, sizeof server)) { perror("paced: connect"); exit(1); }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
}
static void release(struct connection *c) {
    c->busy = 0;
    idle[idle_count++] = c;
}
/* The connection is gone: what it was busy with has failed, and a new one takes its place. */
static void replace(struct connection *c) {
    close(c->fd);
    open_connection(c);
    if (c->busy) { failed++; release(c); }
}
static void start(struct connection *c, int64_t due) {
    c->busy = 1, c->refused = 0, c->due = due, c->have = 0, c->body = -1;
    if (send(c->fd, request, request_length, MSG_NOSIGNAL) != request_length) replace(c);
}
/* Reads what is there; true when the answer is complete. Answers carry Content-Length. */
static int read_answer(struct connection *c) {
    size_t at = c->body < 0 ? c->have : 0;
    ssize_t n = recv(c->fd, c->in + at, BUFFER - 1 - at, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) { replace(c); return 0; }
    if (c->body >= 0) return (c->body -= n) <= 0;
    c->have += n;
    c->in[c->have] = 0;
    char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "\r\ncontent-length:");
    if (!end) return 0;
    c->refused = strncmp(c->in + 9, "200", 3) != 0;
    c->body = (length && length < end ? atol(length + 17) : 0) - (long)(c->have - (end + 4 - c->in));
    return c->body <= 0;
}
static void finish(struct connection *c) {
    int64_t us = (now() - c->due) / 1000;
    if (c->refused) failed++;
    else { answered++; histogram[us < 0 ? 0 : us >= LONGEST_US ? LONGEST_US - 1 : us]++; }
    release(c);
}
static int percentile(double p) {
    uint64_t want = answered * p, sum = 0;
    for (int us = 0; us < LONGEST_US; us++) if ((sum += histogram[us]) > want) return us;
    return LONGEST_US;
}
static int longest(void) { int us = LONGEST_US - 1; while (us > 0 && !histogram[us]) us--; return us; }

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "paced PORT RATE CONNECTIONS SECONDS HOST PATH\n"); return 2; }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    double rate = atof(argv[2]);
    int connections = atoi(argv[3]);
    int64_t duration = atof(argv[4]) * 1e9;
    request_length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[6], argv[5]);
    all = calloc(connections, sizeof *all), idle = calloc(connections, sizeof *idle), histogram = calloc(LONGEST_US, sizeof *histogram);
    epoll = epoll_create1(0);
    for (int i = 0; i < connections; i++) { open_connection(&all[i]); release(&all[i]); }

    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event te = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &te);
    int64_t begin = now() + 10000000, gap = 1e9 / rate;
    uint64_t sent = 0, total = duration / gap;
    while (answered + failed < total && now() < begin + duration + 5000000000LL) {
        int64_t t = now();
        while (sent < total && idle_count > 0 && begin + (int64_t)sent * gap <= t) { start(idle[--idle_count], begin + (int64_t)sent * gap); sent++; }
        if (sent < total && idle_count > 0) {
            int64_t next = begin + (int64_t)sent * gap;
            struct itimerspec at = {.it_value = {next / 1000000000, next % 1000000000}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
        }
        int n = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) { uint64_t ticks; if (read(timer, &ticks, sizeof ticks) < 0) continue; }
            else if (read_answer(c) && c->busy) finish(c);
        }
    }
    /* What was still on its way five seconds after the end has failed too. */
    printf("%.0f %lu %d %d %d %d %d\n", answered / (duration / 1e9), (unsigned long)(total - answered),
           percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999), longest());
    return 0;
}
