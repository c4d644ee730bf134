"""The queue's messages, over a real broker."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import queue
from store.queue import Queue, celery_app
from store.settings import StoreSettings
from tests.servers import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A real one."""
    running = Broker(tmp_path / "broker")
    running.start()
    yield running
    running.kill()


def test_a_consumer_lets_go_of_a_broker_that_died_with_a_message_in_hand(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """What it had received and not acknowledged is not given back: a worker that tries over a dead connection ends."""
    app = celery_app(StoreSettings(broker_url=broker.url))
    assert Queue(app).publish(*queue.doorbell(queue.CPU))
    received: list[object] = []
    connection = app.connection_for_read()
    consumer = app.amqp.TaskConsumer(connection, queues=[app.amqp.queues[queue.CPU]], on_message=received.append)
    consumer.consume()
    connection.drain_events(timeout=10)
    broker.kill()
    with caplog.at_level(logging.INFO):  # as Celery's consumer does when the connection is lost
        connection.collect(socket_timeout=0.1)
        connection.close()
    assert len(received) == 1
    assert "Restoring" not in caplog.text


def test_a_message_leaves_nothing_at_the_broker_once_it_is_received(broker: Broker) -> None:
    """No copy waits there to be delivered again an hour later: whoever died with it is found by SQL."""
    app = celery_app(StoreSettings(broker_url=broker.url))
    sender = Queue(app)
    assert sender.publish(*queue.doorbell(queue.CPU))
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue(app.amqp.queues[queue.CPU]).get(timeout=10)
        assert message.payload[0] == [queue.CPU]
        assert not [key for key in connection.default_channel.client.keys("*") if b"unacked" in key]
    assert sender.depth(queue.CPU) == 0
