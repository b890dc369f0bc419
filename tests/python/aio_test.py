"""The client for asyncio with the real daemon."""

import asyncio
import unittest

from service import LIMIT, ServiceTest, cfgd


class AioTest(ServiceTest):
    def run_with(self, test):
        async def inside():
            async with cfgd.aio.Client(self.daemon.socket) as service:
                await asyncio.wait_for(test(service), LIMIT)

        asyncio.run(inside())

    def test_reads_and_changes(self):
        async def test(service):
            self.assertEqual(await service["site.title"], "Books")
            self.assertEqual(await service.get("site.nothing", 7), 7)
            with self.assertRaises(KeyError):
                await service["site.nothing"]
            async with service.transaction(comment="both") as change:
                change["site.title"] = "Sale"
                del change["site.port"]
            self.assertEqual(change.commit.changed, ["site.title"])
            with self.assertRaises(cfgd.Invalid):
                await service.set({"site.port": "x"})
            self.assertEqual((await service.log(limit=1)).changes[0].comment, "both")

        self.run_with(test)

    def test_tasks_share_a_connection(self):
        async def test(service):
            reads = [service.get("site.port") for _ in range(50)]
            self.assertEqual(await asyncio.gather(*reads), [80] * 50)
            self.assertEqual((await service.status()).connections, 1)

        self.client.close()
        self.run_with(test)

    def test_large_calls_and_replies_pass(self):
        async def test(service):
            values = {f"many.k{number}": "x" * 800 for number in range(1000)}
            await service.set(values)
            self.assertEqual((await service.list("many")).values, values)

        self.run_with(test)

    def test_cancelled_call_closes_the_connection_and_the_next_one_connects(self):
        async def test(service):
            await service.connect()
            waiting = asyncio.ensure_future(service.call("io.cfgd.Config.Sync"))
            await asyncio.sleep(0)
            waiting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiting
            self.assertEqual(await service["site.port"], 80)

        self.run_with(test)

    def test_watch_loses_nothing_when_a_wait_is_cancelled(self):
        async def test(service):
            async with service.watch("site") as watch:
                self.assertTrue((await watch.next()).ready)
                found = []
                for port in range(1, 31):
                    waiting = asyncio.ensure_future(watch.next())
                    await service.set({"site.port": port})
                    if not waiting.cancel() or waiting.done():
                        found.append(waiting.result())
                        continue
                    try:
                        found.append(await waiting)
                    except asyncio.CancelledError:
                        pass
                while len(found) < 30:
                    found.append(await watch.next())
                ports = [event.values["site.port"] for event in found]
                self.assertEqual(ports, list(range(1, 31)))

        self.run_with(test)

    def test_watch_continues_over_a_crash_and_ends_by_close(self):
        async def test(service):
            watch = service.watch("site", shortest_wait=0.005, longest_wait=0.02)
            await watch.next()
            self.daemon.kill()
            self.assertIsNone(await watch.next(0.05))
            await asyncio.get_running_loop().run_in_executor(None, self.daemon.start)
            await service.set({"site.port": 4})
            async for event in watch:
                self.assertEqual(event.values, {"site.port": 4})
                break
            waiting = asyncio.ensure_future(watch.next())
            await asyncio.sleep(0)
            watch.close()
            self.assertIsNone(await waiting)

        self.run_with(test)

    def test_close_ends_a_call_under_way(self):
        async def test(service):
            await service.connect()
            waiting = asyncio.ensure_future(service.sync())
            await asyncio.sleep(0)
            service.close()
            with self.assertRaises(cfgd.Closed):
                await waiting
            self.assertEqual(await service["site.port"], 80)

        self.run_with(test)


if __name__ == "__main__":
    unittest.main()
