"""Lines of every format that isn't Cilium's, as their projects' documentation and tests write them."""

from __future__ import annotations

OVN = (
    b'2023-11-02T16:28:54.139Z|00004|acl_log(ovn_pinctrl0)|INFO|name="NP:verify-audit-logging:Ingress", verdict=drop, '
    b"severity=alert, direction=to-lport: tcp,vlan_tci=0x0000,dl_src=0a:58:0a:81:02:01,dl_dst=0a:58:0a:81:02:23,"
    b"nw_src=10.131.0.39,nw_dst=10.129.2.35,nw_tos=0,nw_ecn=0,nw_ttl=62,nw_frag=no,tp_src=58496,tp_dst=8080,"
    b"tcp_flags=syn"
)
OVN_ANP = (
    b'2024-06-09T19:00:11.386Z|00165|acl_log(ovn_pinctrl0)|INFO|name="ANP:cluster-control:Egress:5", verdict=drop, '
    b"severity=alert, direction=from-lport: icmp,vlan_tci=0x0000,dl_src=0a:58:0a:80:02:39,dl_dst=0a:58:0a:80:02:37,"
    b"nw_src=10.128.2.57,nw_dst=10.128.2.55,nw_tos=0,nw_ecn=0,nw_ttl=64,icmp_type=8,icmp_code=0"
)
OVN_OLD = (
    b'2021-06-13T19:33:11.590Z|00005|acl_log(ovn_pinctrl0)|INFO|name="verify-audit-logging_deny-all", verdict=drop, '
    b"severity=alert: icmp,vlan_tci=0x0000,dl_src=0a:58:0a:80:02:39,dl_dst=0a:58:0a:80:02:37,nw_src=10.128.2.57,"
    b"nw_dst=10.128.2.55,nw_tos=0,nw_ecn=0,nw_ttl=64,icmp_type=8,icmp_code=0"
)
ANTREA = (
    b"2023/07/04 12:45:21.804416 IngressDefaultRule AntreaNetworkPolicy:default/reject-tcp-policy RejectTCPRequest "
    b"Ingress Reject 16 default/nettoolv3 10.10.1.7 53646 10.10.1.14 80 TCP 60 tcp-log-label"
)
ANTREA_DEFAULT = (
    b"2023/07/04 12:33:26.221413 IngressDefaultRule K8sNetworkPolicy <nil> Ingress Drop <nil> default/nettool "
    b"10.10.1.13 <nil> 10.10.1.7 <nil> ICMP 84 <nil>"
)
AWS_JSON = (
    b'{"level":"info","ts":"2023-10-18T09:52:23.319Z","logger":"ebpf-client","msg":"Flow Info:  ",'
    b'"Src IP":"10.255.7.42","Src Port":7979,"Dest IP":"10.255.7.152","Dest Port":33140,"Proto":"TCP",'
    b'"Verdict":"DENY"}'
)
AWS_TEXT = (
    b'{"level":"info","ts":"2026-05-21T10:00:00.000Z","caller":"events/events.go:241","msg":"Flow Info: Src IP: '
    b"10.0.1.5 Src Port: 40112 Dest IP: 172.20.0.10 Dest Port: 53 Proto UDP Verdict DENY Direction egress, "
    b'Tier NETWORK_POLICY"}'
)
AWS_TEXT_V6 = (
    b'{"level":"info","ts":"2026-05-21T10:00:01.000Z","caller":"events/events.go:212","msg":"Flow Info: Src IP: '
    b"2001:db8::5 Src Port: 40112 Dest IP: 2001:db8:0:0::9 Dest Port: 443 Proto: TCP Verdict: ACCEPT Direction: "
    b'ingress Tier: ADMIN"}'
)
AWS_CLOUDWATCH = (
    b"2026-05-21T10:00:02.500000+00:00 Node: ip-10-0-1-7.ec2.internal;SIP: 10.0.1.5;SPORT: 40112;DIP: 10.0.1.9;"
    b"DPORT: 8080;PROTOCOL: TCP;PolicyVerdict: DENY;Tier: NETWORK_POLICY"
)
GKE = (
    b'{"connection":{"src_ip":"10.84.1.7","dest_ip":"10.84.0.11","src_port":55644,"dest_port":8080,"protocol":"tcp",'
    b'"direction":"ingress"},"disposition":"allow","policies":[{"kind":"NetworkPolicy","name":"allow-all",'
    b'"namespace":"default"}],"src":{"pod_name":"client-allow-7b78d7c957-zkn54","workload_kind":"ReplicaSet",'
    b'"workload_name":"client-allow-7b78d7c957","pod_namespace":"default","namespace":"default"},"dest":{"pod_name":'
    b'"test-service-745c798fc9-hzpxt","workload_kind":"ReplicaSet","workload_name":"test-service-745c798fc9",'
    b'"pod_namespace":"default","namespace":"default"},"count":1,"timestamp":"2020-06-13T21:29:31.445836587Z"}'
)
VPC = b"2 123456789010 eni-102010ab 198.51.100.1 192.0.2.1 443 49152 6 10 840 1439387263 1439387264 ACCEPT OK"
VPC_NODATA = b"2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
IPTABLES = (
    b"Sep 25 03:36:35 node kernel: calico-packet: IN=calibb6007ff7fc OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:9a:67:5e:e2:62:83:"
    b"08:00 SRC=10.44.2.4 DST=10.44.0.6 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=12442 DF PROTO=TCP SPT=51813 DPT=12865 "
    b"WINDOW=42600 RES=0x00 SYN URGP=0"
)
CALICO = (
    b'{"start_time":1659621542,"end_time":1659621842,"source_ip":"10.48.116.157","source_name":"multitool",'
    b'"source_name_aggr":"multitool","source_namespace":"default","nat_outgoing_ports":null,"source_port":null,'
    b'"source_type":"wep","source_labels":{"labels":["run=multitool"]},"dest_ip":"10.48.127.224",'
    b'"dest_name":"checkoutservice-598d5b586d-wsvmz","dest_name_aggr":"checkoutservice-598d5b586d-*",'
    b'"dest_namespace":"hipstershop","dest_port":5050,"dest_type":"wep","dest_labels":{"labels":["app=checkoutservice",'
    b'"pod-template-hash=598d5b586d","tenant=hipstershop"]},"dest_service_namespace":"-","dest_service_name":"-",'
    b'"dest_service_port":"-","dest_service_port_num":null,"proto":"tcp","action":"deny","reporter":"dst",'
    b'"policies":{"all_policies":["1|app-hipstershop|hipstershop/app-hipstershop.checkoutservice|deny|-1",'
    b'"0|security|security.tenant-histershop|pass|0"]},"bytes_in":300,"bytes_out":0,"num_flows":1,'
    b'"num_flows_started":1,"num_flows_completed":1,"packets_in":5,"packets_out":0}'
)
WHISKER = (
    b'{"start_time":"2026-03-01T10:00:00Z","end_time":"2026-03-01T10:00:15Z","action":"Deny","source_name":"client-*",'
    b'"source_namespace":"shop","source_labels":"app=client | tier=web","dest_name":"pub","dest_namespace":"",'
    b'"dest_labels":"","protocol":"tcp","dest_port":443,"reporter":"Src","policies":{"enforced":[{"kind":"EndOfTier",'
    b'"name":"","namespace":"","tier":"default","action":"Deny","policy_index":1,"rule_index":-1,"trigger":{"kind":'
    b'"NetworkPolicy","name":"only-db","namespace":"shop","tier":"default","action":"ActionUnspecified",'
    b'"policy_index":0,"rule_index":0,"trigger":null}}],"pending":[{"kind":"StagedNetworkPolicy","name":"to-web",'
    b'"namespace":"shop","tier":"default","action":"Allow","policy_index":0,"rule_index":2,"trigger":null}]},'
    b'"packets_in":0,"packets_out":3,"bytes_in":0,"bytes_out":180}'
)
NETOBSERV = (
    b'{"SrcAddr":"10.128.0.29","DstAddr":"10.129.0.7","SrcPort":40512,"DstPort":8080,"Proto":6,"Etype":2048,"Bytes":740,'
    b'"Packets":5,"Flags":2,"TimeFlowStartMs":1708011867121,"TimeFlowEndMs":1708011868121,"TimeReceived":1708011869,'
    b'"FlowDirection":0,"SrcK8S_Name":"web-6f-x2","SrcK8S_Type":"Pod","SrcK8S_Namespace":"shop",'
    b'"SrcK8S_OwnerName":"web","SrcK8S_OwnerType":"Deployment","DstK8S_Name":"db-0","DstK8S_Type":"Pod",'
    b'"DstK8S_Namespace":"shop","DstK8S_OwnerName":"db","DstK8S_OwnerType":"StatefulSet","AgentIP":"10.0.1.7",'
    b'"Sampling":50,"NetworkEvents":[{"Feature":"acl","Type":"NetworkPolicy","Name":"db","Namespace":"shop",'
    b'"Action":"drop","Direction":"Ingress"}]}'
)
LOKI = (
    b'{"status":"success","data":{"resultType":"streams","result":[{"stream":{"FlowDirection":"1","SrcK8S_Namespace":'
    b'"shop","SrcK8S_OwnerName":"web","SrcK8S_Type":"Pod","app":"netobserv-flowcollector"},"values":[["1708011867120999936","'
    b'{\\"SrcAddr\\":\\"10.128.0.29\\",\\"DstAddr\\":\\"10.0.1.140\\",\\"SrcPort\\":50104,\\"DstPort\\":443,\\"Proto\\":6,'
    b'\\"Etype\\":2048,\\"Flags\\":16,\\"Bytes\\":66,\\"Packets\\":1,\\"TimeFlowStartMs\\":1708011867121,'
    b'\\"TimeFlowEndMs\\":1708011867121,\\"TimeReceived\\":1708011867,\\"SrcK8S_Name\\":\\"web-6f-x2\\",'
    b'\\"SrcK8S_OwnerType\\":\\"Deployment\\"}"]]}],"stats":{"summary":{"totalEntriesReturned":1,'
    b'"totalPostFilterLines":25}}}}'
)
KNP_PACKET = (
    b'{"ts":1720777151838.3552,"caller":"networkpolicy/logging.go:67","msg":"Evaluating packet","id":9,'
    b'"direction":"Egress","srcPod":"default/frontend","dstPod":"default/backend","packet":{"ID":9,"Family":"IPv4",'
    b'"SrcIP":"10.0.1.3","DstIP":"10.0.2.2","Proto":"TCP","SrcPort":40243,"DstPort":8080}}'
)
KNP_VERDICT = (
    b'{"ts":1720777151838.4001,"caller":"networkpolicy/engine.go:57","msg":"Packet denied by egress policy",'
    b'"v":2,"id":9}'
)
KNP_TEXT = b"""\
I0712 09:53:52.257809       1 logging.go:67] "Evaluating packet" id=9 direction="Egress" srcPod="default/frontend" \
dstPod="default/backend" packet=<
        [9] 10.0.1.3:40243 10.0.2.2:8080 TCP
        00000000  00 00 a0 02 fa f0 19 33  00 00 02 04 05 b4 04 02  |.......3........|
        00000010  08 0a c1 d9 c1 bd 00 00  00 00 01 03 03 07        |..............|
 >
I0712 09:53:52.257900       1 engine.go:57] "Packet denied by egress policy" id=9"""

ANTREA_FLOWS = (
    b"1637706961,1637706973,10.10.0.79,10.10.0.80,44752,5201,TCP,perftest-a,antrea-test,k8s-node-control-p"
    b"lane,perftest-b,antrea-test-b,k8s-node-control-plane-b,10.10.1.10,5202,perftest,test-flow-aggregator"
    b"-networkpolicy-ingress-allow,antrea-test-ns,test-flow-aggregator-networkpolicy-rule,Drop,K8sNetworkP"
    b"olicy,test-flow-aggregator-networkpolicy-egress-allow,antrea-test-ns-e,test-flow-aggregator-networkp"
    b"olicy-rule-e,Invalid,Invalid,test-egress,172.18.0.1,http,mockHttpString,test-egress-node"
    b"\n"
    b"1637706961,1637706973,10.10.0.79,10.10.0.80,44752,5201,6,perftest-a,antrea-test,k8s-node-control-pla"
    b"ne,perftest-b,antrea-test-b,k8s-node-control-plane-b,10.10.1.10,5202,perftest,test-flow-aggregator-n"
    b"etworkpolicy-ingress-allow,antrea-test-ns,test-flow-aggregator-networkpolicy-rule,2,1,test-flow-aggr"
    b"egator-networkpolicy-egress-allow,antrea-test-ns-e,test-flow-aggregator-networkpolicy-rule-e,5,4,tes"
    b"t-egress,172.18.0.1,http,mockHttpString,test-egress-node"
)
"""antrea-io/antrea, pkg/flowaggregator/flowlogger/logger_test.go, with and without prettyPrint."""

LOGS: dict[str, bytes] = {
    "antrea-flows": ANTREA_FLOWS,
    "antrea-np": ANTREA + b"\n" + ANTREA_DEFAULT,
    "aws-agent": b"\n".join((AWS_JSON, AWS_TEXT, AWS_TEXT_V6, AWS_CLOUDWATCH)),
    "aws-vpc": VPC + b"\n" + VPC_NODATA,
    "calico": CALICO,
    "gke": GKE,
    "goldmane": b"[" + WHISKER + b"," + WHISKER + b"]",
    "iptables": IPTABLES,
    "kube-network-policies": KNP_PACKET + b"\n" + KNP_VERDICT,
    "loki": LOKI,
    "netobserv": NETOBSERV,
    "ovn-acl": OVN_OLD + b"\n" + OVN + b"\n" + OVN_ANP,
}
"""A small log of each format by its name."""
