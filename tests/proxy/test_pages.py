"""What the index says of a project, over a real connection."""

from proxy_world import pair, served  # noqa: F401


def test_play(pair, served):
    s = served(*pair.options)
    for p in [
        "/simple/torch-neuronx/",
        "/simple/libneuronxla/",
        "/simple/torch-xla/",
        "/simple/torch/",
        "/simple/vllm-neuron/",
        "/sdk/2.26/trn1/simple/torch-neuronx/",
        "/as-of/2025-10-01/simple/torch-neuronx/",
        "/simple/nope/",
        "/simple/Torch_Neuronx",
        "/healthz",
        "/withheld.json",
        "/simple/",
    ]:
        r = s.get(p)
        print(p, r.status, r.headers.get("location", ""), r.headers.get("content-type"))
        print(r.body.decode()[:3000])
    print(s.get("/simple/torch-neuronx/", accept="text/html").text)
    f = s.files("/simple/torch-neuronx/")
    for row in f.values():
        print(s.get("/simple/torch-neuronx/" + row["url"].replace("../../", "../../")).status)
        print(s.get("/" + row["url"].replace("../", "") + ".metadata").text)
        print(s.get("/" + row["url"].replace("../", "")).headers)
    print(s.get("/metrics").text[:3000])
    print("".join(s.lines))
    assert 0
