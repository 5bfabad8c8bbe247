// SPDX-License-Identifier: GPL-2.0
/*
 * Sends noise in pieces of random sizes and compares what comes back, byte for
 * byte; or serves those who do.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS	300000	/* for what never comes */
#define LONGEST		60000	/* datagram */
#define PIECE		100000	/* longest one that is written at once */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void fail(const char *what, size_t where)
{
	fprintf(stderr, "echo: %s after %zu\n", what, where);
	exit(1);
}

static void make_noise(unsigned char *noise, size_t size)
{
	ssize_t got;

	for (size_t done = 0; done < size; done += got) {
		got = getrandom(noise + done, size - done, 0);
		if (got < 0)
			die("getrandom");
	}
}

static void await(int fd, short events, size_t where)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	if (poll(&poll_fd, 1, LIMIT_MS) != 1)
		fail("nothing comes", where);
}

/* The server */

static int listen_on(int type, int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		die("listen");
	return fd;
}

static void echo_stream(int fd)
{
	static char data[65536];
	ssize_t size;

	while ((size = read(fd, data, sizeof(data))) > 0) {
		for (ssize_t done = 0, put; done < size; done += put) {
			put = write(fd, data + done, size - done);
			if (put < 0)
				exit(1);
		}
	}
	exit(0);
}

static void echo_datagram(int fd)
{
	static char data[65536];
	struct sockaddr_storage sender;
	socklen_t length = sizeof(sender);
	ssize_t size = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&sender, &length);

	if (size >= 0)
		sendto(fd, data, size, 0, (struct sockaddr *)&sender, length);
}

static void serve(int port)
{
	struct pollfd fds[] = {
		{ .fd = listen_on(SOCK_DGRAM, port), .events = POLLIN },
		{ .fd = listen_on(SOCK_STREAM, port), .events = POLLIN },
	};
	int fd;

	signal(SIGCHLD, SIG_IGN);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			echo_datagram(fds[0].fd);
		if (!fds[1].revents)
			continue;
		fd = accept(fds[1].fd, NULL, NULL);
		if (fd >= 0 && fork() == 0)
			echo_stream(fd);
		close(fd);
	}
	die("poll");
}

/* Its clients */

static int connect_to(int type, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST }, *found;
	int fd;

	if (getaddrinfo(host, port, &hints, &found)) {
		fprintf(stderr, "echo: %s is no address\n", host);
		exit(2);
	}
	fd = socket(found->ai_family, type, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen))
		die("connect");
	freeaddrinfo(found);
	return fd;
}

/* As much as goes of a piece of random size. */
static size_t send_piece(int fd, const unsigned char *noise, size_t left)
{
	size_t piece = 1 + random() % PIECE;
	ssize_t put = send(fd, noise, piece < left ? piece : left, MSG_DONTWAIT);

	if (put < 0 && errno != EAGAIN)
		die("send");
	return put < 0 ? 0 : put;
}

/* What has come is compared at once. */
static size_t compare_piece(int fd, const unsigned char *noise, size_t where, size_t size)
{
	static unsigned char data[1 << 18];
	ssize_t got = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0)
		die("recv");
	if (!got)
		fail("closed", where);
	if ((size_t)got > size - where || memcmp(data, noise + where, got))
		fail("other bytes come back", where);
	return got;
}

static void exchange_stream(size_t size, int fd)
{
	unsigned char *noise = malloc(size);
	size_t sent = 0, back = 0;

	if (!noise)
		die("malloc");
	make_noise(noise, size);
	while (back < size) {
		await(fd, sent < size ? POLLIN | POLLOUT : POLLIN, back);
		if (sent < size)
			sent += send_piece(fd, noise + sent, size - sent);
		back += compare_piece(fd, noise, back, size);
	}
	free(noise);
}

/* Small, of about a frame, and of many fragments. */
static size_t random_size(size_t count)
{
	switch (random() % 3) {
	case 0:
		return count % LONGEST;
	case 1:
		return 1 + random() % 2000;
	default:
		return 1 + random() % LONGEST;
	}
}

/* One at a time: what is lost would be the card's doing. */
static void exchange_datagrams(size_t number, int fd)
{
	static unsigned char noise[LONGEST], data[65536];
	size_t size;

	for (size_t count = 0; count < number; count++) {
		size = random_size(count);
		make_noise(noise, size);
		if (send(fd, noise, size, 0) < 0)
			die("send");
		await(fd, POLLIN, count);
		if (recv(fd, data, sizeof(data), 0) != (ssize_t)size || memcmp(data, noise, size))
			fail("another datagram comes back", count);
	}
}

int main(int argc, char **argv)
{
	srandom(getpid());
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "tcp")) {
		exchange_stream(atol(argv[2]), connect_to(SOCK_STREAM, argv[3], argv[4]));
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "udp")) {
		exchange_datagrams(atol(argv[2]), connect_to(SOCK_DGRAM, argv[3], argv[4]));
		return 0;
	}
	fputs("usage: echo serve PORT | tcp BYTES ADDRESS PORT | udp DATAGRAMS ADDRESS PORT\n",
	      stderr);
	return 2;
}
