"""Lines of Hubble.

The first is in Cilium's documentation (Documentation/observability/hubble/configuration/export.rst), the second was
printed by Cilium 1.18.3; the others are made after ``flow.proto`` and ``observer.proto``.
"""

from __future__ import annotations

EXPORTED = (
    b'{"flow":{"time":"2023-08-21T12:12:18.510175415Z","verdict":"DROPPED","IP":{"source":"10.244.1.60","destination":'
    b'"10.244.1.5","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":44916,"destination_port":80,"flags":{"SYN":true}}},'
    b'"source":{"namespace":"default","pod_name":"xwing"},"destination":{"namespace":"default","pod_name":'
    b'"deathstar-7848d6c4d5-th9v2"},"node_name":"kind-kind/kind-worker","drop_reason_desc":"POLICY_DENIED"},'
    b'"node_name":"kind-kind/kind-worker","time":"2023-08-21T12:12:18.510175415Z"}'
)

DENIED = (
    b'{"flow":{"time":"2026-07-31T10:41:02.202450754Z","uuid":"cd75b2ac-8dd3-486b-beca-3d17d9d56cff","verdict":'
    b'"DROPPED","drop_reason":181,"ethernet":{"source":"62:6b:d0:a4:c5:63","destination":"6e:d0:ea:78:fc:0a"},"IP":'
    b'{"source":"10.0.1.235","destination":"10.0.0.21","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":60524,'
    b'"destination_port":80,"flags":{"SYN":true}}},"source":{"ID":423,"identity":24753,"cluster_name":"topgun",'
    b'"namespace":"net-lab","labels":["k8s:app=traffic-generator"],"pod_name":"traffic-generator-9b649846d-bxqfc",'
    b'"workloads":[{"name":"traffic-generator","kind":"Deployment"}]},"destination":{"identity":24075,"cluster_name":'
    b'"topgun","namespace":"net-lab","labels":["k8s:app=echo-server"],"pod_name":"echo-server-65887564dc-jjw7k"},'
    b'"Type":"L3_L4","node_name":"topgun/cilium-w1","event_type":{"type":5},"traffic_direction":"EGRESS",'
    b'"policy_match_type":1,"drop_reason_desc":"POLICY_DENY","Summary":"TCP Flags: SYN","egress_denied_by":[{"name":'
    b'"deny-tg-to-echo","namespace":"net-lab","labels":["k8s:io.cilium.k8s.policy.name=deny-tg-to-echo"],"revision":'
    b'"6","kind":"CiliumNetworkPolicy"}],"policy_log":[""]},"node_name":"topgun/cilium-w1","time":'
    b'"2026-07-31T10:41:02.202450754Z"}'
)

DNS_ANSWER = (
    b'{"flow":{"time":"2026-07-31T10:41:02.500Z","verdict":"FORWARDED","IP":{"source":"10.0.0.10","destination":'
    b'"10.0.1.7"},"l4":{"UDP":{"source_port":53,"destination_port":41763}},"source":{"identity":4000,"namespace":'
    b'"kube-system","pod_name":"coredns-1"},"destination":{"identity":5000,"namespace":"shop","pod_name":"cart-1"},'
    b'"Type":"L7","node_name":"kind/worker","l7":{"type":"RESPONSE","dns":{"query":"Api.Example.com.","ips":'
    b'["203.0.113.8","203.0.113.7"],"ttl":30}},"event_type":{"type":129},"traffic_direction":"EGRESS",'
    b'"is_reply":true},"node_name":"kind/worker","time":"2026-07-31T10:41:02.500Z"}'
)

LOST = (
    b'{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"2914"},"node_name":"kind/worker-7",'
    b'"time":"2026-07-31T10:41:03Z"}'
)

UNAVAILABLE = (
    b'{"node_status":{"state_change":"NODE_UNAVAILABLE","node_names":["kind/worker-2"]},"node_name":"kind/relay",'
    b'"time":"2026-07-31T10:41:04Z"}'
)
