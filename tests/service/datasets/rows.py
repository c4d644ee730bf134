"""Datasets for the service's tests: rows in any state, with real snapshots behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api_schemas.failures import Failure, FailureClass
from augury.datasets.snapshot import Snapshot
from service.publisher import Publisher
from service.resources import Resources
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases
from store.rows.leases import Lease
from store.rows.tables import DatasetRow
from tests.store.databases import DIGITS
from tests.store.snapshots import store_snapshot

CLASSES = ["ant", "bee", "cat"]


def resources_of(client: TestClient) -> Resources:
    """What the client's service uses."""
    assert isinstance(client.app, FastAPI)
    resources: Resources = client.app.state.resources
    return resources


def snapshot() -> Snapshot:
    """30 colour images of noise in three classes, each with a name."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 12, 20, 3), dtype=np.uint8)
    names = [f"photo-{number}.png" for number in range(30)]
    return Snapshot(images=pixels, labels=np.arange(30, dtype=np.int64) % 3, class_names=CLASSES, names=names)


def claimed(client: TestClient, reference: dict[str, Any] = DIGITS) -> tuple[DatasetRow, Lease]:
    """A dataset that a worker has just begun to read."""
    with resources_of(client).database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, reference, 0.0)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=0.0, seconds=10)
    assert lease is not None
    return row, lease


def ready(client: TestClient, reference: dict[str, Any] = DIGITS) -> DatasetRow:
    """A dataset with the images of `snapshot`."""
    row, lease = claimed(client, reference)
    resources = resources_of(client)
    digest = store_snapshot(resources.artifacts, snapshot())
    with resources.database.writing() as session:
        datasets.finish_ingestion(session, lease, digest, snapshot().facts(), 0.0)
        session.refresh(session.merge(row))
    return row


def failed(client: TestClient, reference: dict[str, Any] = DIGITS, rule: str = "archive.damaged") -> DatasetRow:
    """A dataset that could not be read, for good."""
    row, lease = claimed(client, reference)
    failure = Failure.of(FailureClass.DATASET, "the archive is broken", rule)
    with resources_of(client).database.writing() as session:
        datasets.fail_ingestion(session, lease, failure, 0.0)
    return row


def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """From now on, the messages that the service wants published."""
    published: list[tuple[str, ...]] = []
    monkeypatch.setattr(Publisher, "publish", lambda _self, *message: published.append(message))
    return published
