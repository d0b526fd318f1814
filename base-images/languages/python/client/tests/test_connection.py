"""A kept connection that is lost costs no invocation, and none is served twice."""

import unittest

from lambda_image_client.runtime_api import ApiError, RuntimeApi

from .support import Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"


class Connection(unittest.TestCase):
    def test_is_kept(self):
        with Wire([OK, OK, OK]) as wire:
            api = RuntimeApi(wire.address)
            self.assertEqual([api.next().status for _ in range(3)], [200, 200, 200])
            api.close()

    def test_closed_between_calls_is_opened_again(self):
        with Wire([OK], [OK], [OK]) as wire:
            api = RuntimeApi(wire.address)
            for _ in range(3):
                self.assertEqual(api.next().status, 200)
            self.assertEqual(len(wire.requests), 3)
            api.close()

    def test_announced_close_is_believed(self):
        closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        with Wire([closing, OK], [OK]) as wire:
            api = RuntimeApi(wire.address)
            api.next()
            self.assertIsNone(api._socket)

    def test_nothing_is_sent_again_once_a_byte_of_the_answer_came(self):
        with Wire([OK, b"HTTP/1.1 20"], [OK]) as wire:
            api = RuntimeApi(wire.address)
            api.next()
            self.assertRaises(ApiError, api.next)
            self.assertEqual(len(wire.requests), 2)

    def test_a_new_connection_is_not_tried_twice(self):
        with Wire([b""], [OK]) as wire:
            api = RuntimeApi(wire.address)
            self.assertRaises(ApiError, api.next)
            self.assertEqual(len(wire.requests), 1)

    def test_refused_connection_is_told(self):
        with self.assertRaisesRegex(ApiError, "cannot connect to 127.0.0.1:1"):
            RuntimeApi("127.0.0.1:1").next()

    def test_address_without_port_is_told(self):
        self.assertRaises(ApiError, RuntimeApi("nowhere").next)

    def test_head_without_end_is_refused(self):
        with Wire([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000]) as wire:
            self.assertRaises(ApiError, RuntimeApi(wire.address).next)
