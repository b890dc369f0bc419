"""The blocking client with the real daemon."""

import datetime
import threading
import unittest

from service import LIMIT, ServiceTest, cfgd


class ClientTest(ServiceTest):
    def test_reads_values_by_key(self):
        self.assertEqual(self.client["site.title"], "Books")
        self.assertEqual(self.client["site"]["hosts"], {"db.x": 1})
        self.assertEqual(self.client[cfgd.key("site", "hosts", "db.x")], 1)
        self.assertEqual(self.client.get("site.port"), 80)
        self.assertEqual(self.client.get("site.nothing", "default"), "default")
        self.assertIn("site.title", self.client)
        self.assertNotIn("site.nothing", self.client)
        with self.assertRaises(KeyError):
            self.client["site.nothing"]

    def test_reads_several_keys_of_one_revision(self):
        found = self.client.read(["site.title", "site.nothing"])
        self.assertEqual((found.values, found.missing), ({"site.title": "Books"}, ["site.nothing"]))
        self.assertEqual(found.revision, self.client.status().revision)

    def test_namespace_is_a_mapping(self):
        site = self.client.namespace("site")
        self.assertEqual(dict(site.items()), {"title": "Books", 'hosts."db.x"': 1, "port": 80})
        self.assertEqual((site["title"], len(site), "port" in site, 7 in site), ("Books", 3, True, False))
        site["menu"] = [{"url": "/"}]
        self.assertEqual(site["menu[0].url"], "/")
        del site["menu"]
        self.assertEqual(site.get("menu", None), None)
        site["title"] = "Sale"
        site.clear()
        self.assertEqual(site["title"], "Books")

    def test_set_says_what_it_changed_and_history_keeps_it(self):
        before = self.client.status().revision
        done = self.client.set({"site.title": "Sale"}, comment="campaign", if_revision=before)
        self.assertEqual((done.revision, done.changed), (before + 1, ["site.title"]))
        last = self.client.log("site", limit=1, values=True).changes[0]
        self.assertEqual((last.comment, last.after), ("campaign", {"site.title": "Sale"}))
        self.assertEqual(self.client.diff(before).before, {"site.title": "Books"})
        self.assertEqual(self.client.get_at(["site.title"], before).values, {"site.title": "Books"})
        self.assertEqual(self.client.explain("site.title").candidates[0].origin.layer, "override")
        self.assertEqual(self.client.blame("site").lines[-1].comment, "campaign")
        self.assertEqual([one.key for one in self.client.list_overrides()], ["site.title"])
        self.client.rollback(before)
        self.assertEqual(self.client["site.title"], "Books")

    def test_transaction_is_made_when_its_block_ends(self):
        with self.client.transaction(comment="both") as change:
            change["site.title"] = "Sale"
            change["site.port"] = 8080
            self.assertEqual(self.client["site.port"], 80)
        self.assertEqual(change.commit.changed, ["site.port", "site.title"])
        with self.client.transaction() as change:
            del change["site.port"]
        self.assertEqual(self.client["site.port"], 80)

    def test_transaction_is_not_made_after_an_exception(self):
        with self.assertRaises(ZeroDivisionError):
            with self.client.transaction() as change:
                change["site.port"] = 1
                1 / 0
        self.assertEqual(self.client["site.port"], 80)
        with self.assertRaises(ValueError):
            change.commit

    def test_pending_change_is_confirmed(self):
        done = self.client.set({"site.port": 81}, confirm=datetime.timedelta(minutes=5))
        (pending,) = self.client.list_pending()
        self.assertEqual((pending.revision, pending.deadline), (done.revision, done.deadline))
        self.assertGreater(self.client.extend(done.revision, 600), done.deadline)
        self.client.confirm(done.revision)
        with self.assertRaises(cfgd.NoSuchPending) as caught:
            self.client.confirm(done.revision)
        self.assertEqual(caught.exception.revision, done.revision)

    def test_errors_have_their_fields_and_leave_the_connection_usable(self):
        with self.assertRaises(cfgd.Invalid) as invalid:
            self.client["site.port"] = 99999
        self.assertEqual(invalid.exception.issues[0].key, "site.port")
        self.assertIn("site.port: ", str(invalid.exception))
        with self.assertRaises(cfgd.BadKey) as bad:
            self.client["site..x"]
        self.assertEqual(bad.exception.key, "site..x")
        with self.assertRaises(cfgd.RevisionMismatch) as moved:
            self.client.set({"site.port": 1}, if_revision=0)
        self.assertEqual(moved.exception.revision, self.client.status().revision)
        with self.assertRaises(cfgd.NoSuchRevision):
            self.client.rollback(999)
        with self.assertRaises(cfgd.MethodNotFound):
            self.client.call("io.cfgd.Config.Nothing")
        self.assertFalse(self.client.set({"site.port": 1}, dry_run=True).changed == [])
        self.assertEqual(self.client["site.port"], 80)

    def test_long_list_comes_whole(self):
        values = {f"many.k{number:04}": "x" * 100 for number in range(3000)}
        self.client.set(values)
        self.assertEqual(self.client.list("many").values, values)
        self.assertEqual(list(self.client.list("many").values), sorted(values))

    def test_service_describes_itself(self):
        self.assertTrue(self.client.status().ready)
        self.assertEqual({one.state for one in self.client.sources()}, {"active"})
        self.assertTrue(self.client.health().checks)
        self.assertTrue(self.client.validate("site").valid)
        self.assertFalse(self.client.validate("site", {"port": "x"}).valid)
        self.assertEqual(self.client.reload(), self.client.sync())
        self.assertIn("connections", self.client.call("io.cfgd.Service.Usage"))

    def test_connects_again_after_a_restart(self):
        self.client.connect()
        self.daemon.kill()
        with self.assertRaisesRegex(cfgd.Unreachable, "is cfgd running"):
            self.client["site.title"]
        self.daemon.start()
        self.assertEqual(self.client["site.title"], "Books")

    def test_can_be_used_again_after_close_and_by_several_threads(self):
        self.client.close()
        with self.client as client:
            found = []
            threads = [
                threading.Thread(target=lambda: found.extend(client["site.port"] for _ in range(50)))
                for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT)
        self.assertEqual(found, [80] * 200)


class WatchTest(ServiceTest):
    def test_gives_the_state_and_then_each_revision(self):
        with self.client.watch("site") as watch:
            first = watch.next(LIMIT)
            self.assertTrue(first.ready)
            self.assertEqual(first.values["site.title"], "Books")
            self.assertIsNone(watch.next(0.01))
            self.client["site.title"] = "Sale"
            self.client["other.key"] = 1
            del self.client["site.title"]
            revisions = [next(watch), next(watch)]
        self.assertEqual([one.values for one in revisions],
                         [{"site.title": "Sale"}, {"site.title": "Books"}])
        self.assertEqual(revisions[0].origin.layer, "override")

    def test_continues_over_a_crash_of_the_service_without_a_gap(self):
        with self.client.watch("site", shortest_wait=0.005, longest_wait=0.02) as watch:
            watch.next(LIMIT)
            self.daemon.kill()
            self.assertIsNone(watch.next(0.5))
            self.assertIsInstance(watch.lost, cfgd.CfgdError)
            self.daemon.start()
            for port in (1, 2, 3):
                self.client["site.port"] = port
            ports = [watch.next(LIMIT).values for _ in range(3)]
        self.assertEqual(ports, [{"site.port": port} for port in (1, 2, 3)])
        self.assertIsNone(watch.lost)

    def test_continues_in_another_process_and_resyncs_with_another_store(self):
        with self.client.watch("site") as watch:
            watch.next(LIMIT)
            after, store = watch.revision, watch.store_id
        self.client["site.port"] = 5
        with self.client.watch("site", after_revision=after, store_id=store) as watch:
            self.assertEqual(watch.next(LIMIT).values, {"site.port": 5})
        with self.client.watch("site", after_revision=after, store_id="0" * 32) as watch:
            self.assertTrue(watch.next(LIMIT).resync)

    def test_leaves_out_secrets_on_request(self):
        self.client["site.token"] = "hidden"
        with self.client.watch("site") as all_of_it, self.client.watch("site", secrets=False) as open_:
            self.assertIn("site.token", all_of_it.next(LIMIT).values)
            self.assertNotIn("site.token", open_.next(LIMIT).values)

    def test_ends_when_another_thread_closes_it(self):
        watch = self.client.watch("site")
        watch.next(LIMIT)
        found = []
        thread = threading.Thread(target=lambda: found.extend(watch))
        thread.start()
        watch.close()
        thread.join(LIMIT)
        self.assertFalse(thread.is_alive())
        self.assertEqual(found, [])

    def test_refusal_is_raised(self):
        with self.client.watch("a..b") as watch, self.assertRaises(cfgd.BadKey):
            watch.next(LIMIT)
        self.assertIsNone(watch.next(LIMIT))

    def test_consumer_acknowledges_and_is_waited_for(self):
        with self.client.watch("site", consumer="web") as watch:
            watch.acknowledge(watch.next(LIMIT))
            revision = self.client.set({"site.port": 81}).revision
            applied = self.client.wait_applied(revision, time=0)
            self.assertEqual((applied.applied, applied.waiting[0].name), (False, "web"))
            event = watch.next(LIMIT)
            watch.acknowledge(event, ok=False, message="the port is in use")
            self.assertEqual(self.client.consumers()[0].failure.message, "the port is in use")
            with self.assertRaises(cfgd.NotDelivered):
                watch.acknowledge(revision + 1000)
            watch.acknowledge(event)
            self.assertTrue(self.client.wait_applied(revision, ["web"]).applied)
            (known,) = self.client.consumers()
            self.assertEqual((known.state, known.applied), ("watching", revision))
        with self.assertRaises(cfgd.NoSuchConsumer):
            self.client.forget_consumer("nobody")

    def test_without_a_consumer_cannot_acknowledge(self):
        with self.client.watch("site") as watch, self.assertRaises(ValueError):
            watch.acknowledge(1)


if __name__ == "__main__":
    unittest.main()
