/* handshakes PORT SECONDS CONCURRENT SERVER_NAME: full TLS handshakes without resumption, one connection each, as many as
   come to pass. Prints how many succeeded, how many failed, and the protocol of the last one. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *context;
static struct sockaddr_in server;
static const char *name, *protocol = "none";
static double deadline;
static atomic_ulong good, bad;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static void *work(void *unused) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0}; /* no TIME_WAIT: ports would run out */
    int on = 1;
    while (now() < deadline) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        SSL *ssl = SSL_new(context);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL_set_fd(ssl, fd);
        SSL_set_tlsext_host_name(ssl, name);
        if (!connect(fd, (void *)&server, sizeof server) && SSL_connect(ssl) == 1 && !SSL_session_reused(ssl)) {
            good++;
            protocol = SSL_get_version(ssl);
        } else bad++;
        SSL_free(ssl);
        close(fd);
    }
    return unused;
}
int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "handshakes PORT SECONDS CONCURRENT SERVER_NAME\n"); return 2; }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    deadline = now() + atof(argv[2]);
    name = argv[4];
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set1_groups_list(context, "X25519");
    int threads = atoi(argv[3]);
    pthread_t *thread = calloc(threads, sizeof *thread);
    for (int i = 0; i < threads; i++) pthread_create(&thread[i], NULL, work, NULL);
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    printf("%lu %lu %s\n", (unsigned long)good, (unsigned long)bad, protocol);
    return 0;
}
