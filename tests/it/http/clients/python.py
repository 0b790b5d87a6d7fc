"""Python's clients against requests that are refused before their body was read, each followed by a good one.
Prints the status and the code of each refusal, and the status of what followed.

usage: python3 python.py http.client|urllib3 ADDRESS EXPIRED-TOKEN TOKEN SIZE
"""
import http.client
import json
import sys

kind, address, expired, token, size = sys.argv[1:]
good = json.dumps({"query": "{ hello }"})


def headers(authorization):
    return {"Authorization": f"Bearer {authorization}", "Content-Type": "application/json"}


if kind == "urllib3":
    import urllib3

    pool = urllib3.PoolManager(retries=False)

    def post(authorization, body):
        answer = pool.request("POST", f"http://{address}/graphql", body=body, headers=headers(authorization))
        return answer.status, answer.data
else:
    connection = http.client.HTTPConnection(address)

    def post(authorization, body):
        # The connection is opened again by itself if the answer said that it is closed.
        connection.request("POST", "/graphql", body=body, headers=headers(authorization))
        answer = connection.getresponse()
        return answer.status, answer.read()


for turn in range(10):
    status, said = post(expired, good + " " * int(size))
    code = json.loads(said)["errors"][0]["extensions"]["code"]
    print(status, code, post(token, good)[0])
