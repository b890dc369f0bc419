"""What is decided without I/O: frames, replies, flows, and what a watch makes of its replies."""

import errno
import re
import unittest
from pathlib import Path

from service import cfgd
from cfgd import _calls, errors
from cfgd._protocol import Conversation, encode, socket_paths
from cfgd._session import Connect, Idle, Pause, Receive, Send, Session
from cfgd._watch import BackOff, Progress, WatchFlow, WatchOptions
from cfgd.keys import relative
from cfgd.model import Event

INTERFACES = Path(__file__).resolve().parents[2] / "ipc" / "interfaces"


class Keys(unittest.TestCase):
    def test_quotes_parts_that_are_no_bare_words(self):
        self.assertEqual(cfgd.key("hosts", "db.x", "port"), 'hosts."db.x".port')
        self.assertEqual(cfgd.key("a-b", "", 'q"\\', "t\t"), r'a-b."".' + r'"q\"\\"' + r'."t\u0009"')

    def test_makes_a_key_relative_to_what_is_above_it(self):
        self.assertEqual(relative('site.hosts."db.x"', "site"), 'hosts."db.x"')
        self.assertEqual(relative("sites.title", "site"), "sites.title")


class Frames(unittest.TestCase):
    def test_are_found_however_they_are_split(self):
        stream = b'{"parameters":{"a":1},"continues":true}\0{}\0'
        for at in range(1, len(stream)):
            conversation, found = Conversation(), []
            for part in (stream[:at], stream[at:]):
                conversation.feed(part)
                while True:
                    reply = conversation.next()
                    if reply is None:
                        break
                    found.append((reply.parameters, reply.continues))
            self.assertEqual(found, [({"a": 1}, True), ({}, False)])

    def test_that_are_not_replies_are_an_error(self):
        for text in (b"", b"[]", b"{", b'{"parameters":1}', b'{"error":1}', b'{"continues":1}',
                     b'{"parameters":{"a":NaN}}', b"\xff", b"[" * 100000):
            conversation = Conversation()
            conversation.feed(text + b"\0")
            with self.assertRaises(cfgd.ProtocolError, msg=text):
                conversation.next()

    def test_have_a_largest_size(self):
        conversation = Conversation()
        conversation.feed(b" " * (16 * 1024 * 1024 + 1))
        with self.assertRaises(cfgd.ProtocolError):
            conversation.next()

    def test_refuse_what_is_not_json(self):
        for value in (float("nan"), float("inf"), "\ud800", {1, 2}):
            with self.assertRaises((ValueError, TypeError)):
                encode("a.B", {"value": value}, False)


class Errors(unittest.TestCase):
    def test_have_a_class_with_every_field_of_the_interfaces(self):
        declared = 0
        for file in INTERFACES.glob("*.varlink"):
            interface = file.name[: -len(".varlink")]
            text = re.sub(r"#[^\n]*", "", file.read_text())
            if not interface.startswith("io.cfgd") and interface != "org.varlink.service":
                continue
            for name, inside in re.findall(r"error (\w+)\s*\(([^)]*)\)", text):
                sample = {"int": 7, "string": "text", "[]Issue": [], "?int": 8, "?string": "more"}
                fields = dict(re.findall(r"(\w+):\s*(\S+?)(?:,|\s|$)", inside))
                values = {field: sample[kind] for field, kind in fields.items()}
                error = errors.from_reply(errors.RefusedReply(f"{interface}.{name}", values))
                declared += 1
                self.assertIs(type(error), getattr(errors, name))
                self.assertIs(getattr(cfgd, name), type(error))
                self.assertEqual({field: getattr(error, field) for field in fields}, values)
        self.assertGreater(declared, 25)

    def test_of_newer_services_keep_name_and_parameters(self):
        for name, parameters in (("io.cfgd.Config.Odd", {"a": 1}), ("io.cfgd.Config.BadKey", {}),
                                 ("com.example.BadKey", {"key": "a", "message": "b"})):
            error = errors.from_reply(errors.RefusedReply(name, parameters))
            self.assertIs(type(error), cfgd.ServiceError)
            self.assertEqual((error.error_name, error.parameters), (name, parameters))
            self.assertIn(name, str(error))


class Addresses(unittest.TestCase):
    def test_are_paths_or_unix_addresses(self):
        self.assertEqual(socket_paths("unix:/x;mode=1"), ["/x"])
        self.assertEqual(socket_paths("y"), ["y"])
        for bad in ("unix:@x", "tcp:1", "exec:x", "a\0b", "x" * 108):
            with self.assertRaises(cfgd.Unreachable):
                socket_paths(bad)


class Flows(unittest.TestCase):
    """A conversation of flow and driver, as a transcript."""

    def run_flow(self, flow, *transcript):
        """Checks each action and answers it; the value of the flow."""
        try:
            action = next(flow)
            for kind, answer in transcript:
                self.assertIsInstance(action, kind)
                raises = isinstance(answer, Exception) and kind is not Connect
                action = flow.throw(answer) if raises else flow.send(answer)
        except StopIteration as end:
            return end.value
        raise AssertionError(f"{action} is left")

    def session(self):
        return Session("/x", 30.0, clock=lambda: 100.0)

    def test_call_connects_sends_and_receives(self):
        value = self.run_flow(
            self.session().run(_calls.sync()),
            (Connect, None), (Send, None), (Receive, b'{"parameters":{"revi'), (Receive, b'sion":7}}\0'),
        )
        self.assertEqual(value, 7)

    def test_call_on_a_connection_that_the_service_closed_connects_again(self):
        session = self.session()
        session.connected = True
        value = self.run_flow(
            session.run(_calls.sync()),
            (Idle, False), (Connect, None), (Send, None), (Receive, b'{"parameters":{"revision":8}}\0'),
        )
        self.assertEqual(value, 8)

    def test_connect_waits_while_the_backlog_is_full(self):
        full = OSError(errno.EAGAIN, "again")
        self.run_flow(self.session().connect(), (Connect, full), (Pause, None), (Connect, None))

    def test_reason_is_read_where_the_service_refused_the_connection(self):
        reply = b'{"error":"io.cfgd.Config.LimitExceeded","parameters":{"limit":"connections",' \
                b'"used":2,"maximum":2}}\0'
        with self.assertRaises(cfgd.LimitExceeded) as caught:
            self.run_flow(self.session().run(_calls.sync()), (Connect, None),
                          (Send, BrokenPipeError()), (Receive, reply))
        self.assertEqual((caught.exception.limit, caught.exception.maximum), ("connections", 2))

    def test_failure_ends_the_connection_and_an_error_reply_does_not(self):
        ends = ((Receive, b""), (Receive, ConnectionResetError())), ((Receive, cfgd.TimedOut()),)
        for last in (*ends[0], *ends[1], (Receive, b"{\0"), (Receive, b'{"continues":true}\0')):
            session = self.session()
            with self.assertRaises(cfgd.CfgdError):
                self.run_flow(session.run(_calls.sync()), (Connect, None), (Send, None), last)
            self.assertFalse(session.connected)
        session = self.session()
        with self.assertRaises(cfgd.ServiceError):
            self.run_flow(session.run(_calls.sync()), (Connect, None), (Send, None),
                          (Receive, b'{"error":"io.cfgd.Config.NoEdit"}\0'))
        self.assertTrue(session.connected)

    def test_reply_without_a_field_names_the_field(self):
        with self.assertRaisesRegex(cfgd.ProtocolError, "io.cfgd.Config.Sync: the field 'revision'"):
            self.run_flow(self.session().run(_calls.sync()), (Connect, None), (Send, None),
                          (Receive, b'{"parameters":{"revision":true}}\0'))

    def test_several_replies_of_a_list_are_put_together(self):
        found = self.run_flow(
            self.session().run(_calls.list_values()), (Connect, None), (Send, None),
            (Receive, b'{"parameters":{"values":{"a.b":1},"revision":2},"continues":true}\0'),
            (Receive, b'{"parameters":{"values":{"a.c":2},"revision":2}}\0'),
        )
        self.assertEqual((found.values, found.revision), ({"a.b": 1, "a.c": 2}, 2))

    def test_watch_connects_again_and_continues_after_the_last_revision(self):
        now = [100.0]
        session = Session("/x", 30.0, clock=lambda: now[0])
        flow = WatchFlow(session, WatchOptions(prefixes=("a",), consumer="web"))
        state = b'{"parameters":{"values":{"a.b":1},"ready":true,"revision":2,"storeId":"s"},' \
                b'"continues":true}\0'
        self.run_flow(flow.next(None), (Connect, None), (Send, None), (Receive, state))
        sent = []

        step = flow.next(None)
        self.assertIsInstance(next(step), Receive)
        action = step.send(b"")
        while not isinstance(action, Send):
            if isinstance(action, Pause):
                now[0] += action.seconds
            action = step.send(None)
            sent.append(action)

        self.assertIn(b'"afterRevision":2,"storeId":"s","consumer":"web"', sent[-1].data)
        self.assertIsInstance(flow.lost, cfgd.Closed)

    def test_watch_ends_by_a_refusal_and_by_a_first_failure(self):
        refused = b'{"error":"io.cfgd.Config.NoSuchNamespace","parameters":{"namespace":"a"}}\0'
        for answers in (((Connect, None), (Send, None), (Receive, refused)),
                        ((Connect, OSError(errno.ENOENT, "")),)):
            flow = WatchFlow(self.session(), WatchOptions())
            with self.assertRaises(cfgd.CfgdError):
                self.run_flow(flow.next(None), *answers)
            self.assertTrue(flow.closed)

    def test_watch_gives_nothing_when_the_time_is_over_and_goes_on(self):
        now = [100.0]
        session = Session("/x", None, clock=lambda: now[0])
        flow = WatchFlow(session, WatchOptions())
        step = flow.next(1.0)
        next(step), step.send(None), step.send(None)
        now[0] = 102.0
        with self.assertRaises(StopIteration) as end:
            step.throw(cfgd.TimedOut())
        self.assertIsNone(end.exception.value)
        self.assertTrue(session.connected)

    def test_watch_gives_nothing_while_it_cannot_connect_and_fails_after_the_time_limit(self):
        now = [100.0]
        session = Session("/x", 30.0, clock=lambda: now[0])
        flow = WatchFlow(session, WatchOptions())
        full = OSError(errno.EAGAIN, "again")
        for _ in range(2):
            step = flow.next(1.0)
            self.assertIsInstance(next(step), Connect)
            self.assertIsInstance(step.send(full), Pause)
            now[0] += 1.0
            self.assertIsInstance(step.send(None), Connect)
            with self.assertRaises(StopIteration) as end:
                step.send(full)
            self.assertIsNone(end.exception.value)
        now[0] = 130.0
        with self.assertRaises(cfgd.TimedOut):
            self.run_flow(flow.next(1.0), (Connect, full))

    def test_watch_gives_nothing_while_it_sends_and_fails_where_no_state_comes(self):
        now = [100.0]
        session = Session("/x", 30.0, clock=lambda: now[0])
        flow = WatchFlow(session, WatchOptions())
        step = flow.next(1.0)
        next(step)
        self.assertEqual(step.send(None).deadline, 101.0)
        now[0] = 101.0
        with self.assertRaises(StopIteration):
            step.throw(cfgd.TimedOut())
        self.assertFalse(session.connected)  # half a call may have been sent
        self.assertIsNone(self.run_flow(flow.next(0.0), (Connect, None), (Send, None),
                                        (Receive, cfgd.TimedOut())))
        now[0] = 131.0
        with self.assertRaises(cfgd.TimedOut):
            self.run_flow(flow.next(1.0), (Receive, cfgd.TimedOut()))


class WatchReplies(unittest.TestCase):
    def events(self, progress, *replies):
        taken = [progress.take(Event(**reply)) for reply in replies]
        return [event for event in taken if event is not None]

    def begun(self, after=None, store=None):
        progress = Progress(after, store)
        progress.begin()
        return progress

    def test_parts_of_a_state_are_one_event(self):
        progress = self.begun()
        found = self.events(progress, {"revision": 3, "values": {"a.b": 1}},
                            {"revision": 3, "values": {"a.c": 2}, "ready": True, "store_id": "s"},
                            {"revision": 4, "removed": ["a.b"]})
        self.assertEqual([(e.values, e.ready, e.resync) for e in found],
                         [({"a.b": 1, "a.c": 2}, True, False), ({}, False, False)])
        self.assertEqual((progress.revision, progress.store_id), (4, "s"))

    def test_resync_in_several_parts_is_one_event(self):
        found = self.events(self.begun(2),
                            {"revision": 9, "values": {"a.b": 1}, "resync": True},
                            {"revision": 9, "values": {"a.c": 2}, "resync": True},
                            {"revision": 9, "ready": True})
        self.assertEqual([(e.values, e.resync) for e in found], [({"a.b": 1, "a.c": 2}, True)])

    def test_half_a_state_is_forgotten_with_its_connection(self):
        progress = self.begun()
        self.events(progress, {"revision": 3, "values": {"a.old": 1}})
        progress.begin()
        found = self.events(progress, {"revision": 4, "values": {"a.b": 1}, "ready": True})
        self.assertEqual(found[0].values, {"a.b": 1})

    def test_second_state_voids_the_first(self):
        progress = self.begun()
        self.events(progress, {"revision": 3, "ready": True})
        progress.revision = None
        progress.begin()
        self.assertTrue(self.events(progress, {"revision": 1, "ready": True})[0].resync)

    def test_repeated_revisions_are_dropped_and_progress_is_not_reported(self):
        progress = self.begun(5)
        found = self.events(progress, {"revision": 5, "values": {"a": 1}}, {"revision": 5, "ready": True},
                            {"revision": 8}, {"revision": 8, "ready": True})
        self.assertEqual([(e.revision, e.ready) for e in found], [(5, True)])
        self.assertEqual(progress.revision, 8)

    def test_edit_without_effect_is_not_progress(self):
        progress = self.begun(5)
        hidden = [object()]
        self.assertEqual(len(self.events(progress, {"revision": 5, "without_effect": hidden})), 1)

    def test_waits_double_up_to_the_longest(self):
        waits = BackOff(0.1, 0.5)
        self.assertEqual([waits.next(0.0) for _ in range(4)], [0.1, 0.2, 0.4, 0.5])
        self.assertEqual(waits.next(1.0), 0.25)
        waits.reset()
        self.assertEqual(waits.next(0.0), 0.1)


if __name__ == "__main__":
    unittest.main()
