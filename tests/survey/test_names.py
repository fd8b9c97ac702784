"""Which words of a text are the names of hosts: false alarms are worse than a dependency that is missed."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.survey.names import mentions

FOUND = [
    # a URL: the port, else the scheme's
    ("CART_URL", "http://cart", [("cart", "", 80)]),
    ("CART_URL", "http://cart.shop/api?x=1", [("cart", "shop", 80)]),
    ("CART_URL", "https://cart.shop.svc", [("cart", "shop", 443)]),
    ("DATABASE_URL", "postgres://app:s3cr%40t@postgres.data.svc.cluster.local:5433/x", [("postgres", "data", 5433)]),
    ("JDBC", "jdbc:postgresql://db:5432/orders?ssl=true", [("db", "", 5432)]),
    ("JDBC", "jdbc:mysql://db/orders", [("db", "", 3306)]),
    ("REDIS", "redis://:password@redis:6380/0", [("redis", "", 6380)]),
    ("AMQP_URL", "amqp://rabbitmq.data", [("rabbitmq", "data", 5672)]),
    ("MONGO", "mongodb://m-0.mongo.data,m-1.mongo.data:27017/x", [("mongo", "data", 27017), ("mongo", "data", 27017)]),
    ("TARGET", "dns:///inventory.shop:50051", [("inventory", "shop", 50051)]),
    # a host before a port
    ("REDIS_ADDR", "redis.data.svc.cluster.local:6379", [("redis", "data", 6379)]),
    ("KAFKA", "kafka-a:9092,kafka-b:9092", [("kafka-a", "", 9092), ("kafka-b", "", 9092)]),
    ("DSN", "user:pass@tcp(mysql:3306)/db", [("mysql", "", 3306)]),
    ("", "wait-for cart:8080 -- run", [("cart", "", 8080)]),
    # the whole value of a key for hosts
    ("REDIS_HOST", "redis", [("redis", "", None)]),
    ("discovery.seed_hosts", "search-a, search-b", [("search-a", "", None), ("search-b", "", None)]),
    ("db-host", "db", [("db", "", None)]),
    ("h", "db", [("db", "", None)]),
    # a name with its namespace, as a word
    ("nginx.conf", "location / {\n  proxy_pass http://cart.shop;\n}", [("cart", "shop", 80)]),
    ("haproxy.cfg", "server s1 cart.shop:80 check", [("cart", "shop", 80)]),
    ("UPSTREAM", "cart.shop.svc.cluster.local", [("cart", "shop", None)]),
]  # fmt: skip

NOT_FOUND = [
    ("NAME", "cart"),  # a bare word in a key that is not for hosts
    ("OTEL_SERVICE_NAME", "cart"),
    ("LEVEL", "the cart is full"),
    ("IMAGE", "registry.example/cart:1.2"),
    ("IMAGE", "cart:v7"),
    ("PATH", "/usr/share/cart"),
    ("DOMAIN", "cart.shop.example.com"),
    ("MAIL", "cart@shop"),
    ("FILE", "cart.yaml.bak"),
    ("app.properties", "cart.timeout=5\nredis.data: 1"),
    ("notes", "# see http://cart\n// cart:80\n"),
    ("CART_URL", "http://cart:99999"),
    ("CART_URL", "http://$(CART_HOST):80"),
    ("CART_URL", "http://${CART_HOST}/cart"),
]


@pytest.mark.parametrize(("key", "text", "expected"), FOUND)
def test_a_host_is_found(key: str, text: str, expected: list[tuple[str, str, int | None]]) -> None:
    found = [(mention.name, mention.namespace, mention.number) for mention in mentions(key, text)]
    assert found == expected


@pytest.mark.parametrize(("key", "text"), NOT_FOUND)
def test_no_service_is_read_into_another_word(key: str, text: str) -> None:
    services = {("cart", ""), ("cart", "shop"), ("redis", "data"), ("redis", "")}
    found = {(mention.name, mention.namespace) for mention in mentions(key, text)}
    assert not found & services


def test_the_excerpt_is_the_line_of_a_longer_text() -> None:
    (mention,) = mentions("nginx.conf", "a\n  proxy_pass http://cart.shop:8080/;\nb")
    assert mention.excerpt == "proxy_pass http://cart.shop:8080/;"


def test_a_pod_of_a_stateful_set_means_its_headless_service() -> None:
    found = {(mention.name, mention.namespace) for mention in mentions("PEERS", "redis-0.redis:6379")}
    assert ("redis", "") in found


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_is_read_without_failing(key: str, text: str) -> None:
    for mention in mentions(key, text):
        assert mention.name
        assert mention.port is None or 0 < mention.port < 65536


@pytest.mark.parametrize("unit", ["a://", "http://a:b", "a.", "a-", "a:1,", "x=a\n", "a//", "\n#", "a b ", "u:p@"])
def test_time_follows_the_length_of_a_text(unit: str) -> None:
    # 400 kB take well under a second; a search that goes back for each word would take minutes.
    for mention in mentions("A_HOST", unit * (400_000 // len(unit))):
        assert len(mention.excerpt) < 1000 or len(mention.name) > 100
