/// Business software and developers' services.
extension CleanTraffic {
    static let business: [Vendor] = [
        Vendor(name: "hubspot") { traffic in
            var call = Call("https://api.hubapi.com/crm/v3/objects/contacts")
            call.query = [
                ("limit", "100"), ("after", traffic.random.digits(11)), ("properties", "email,keywords,secretary"),
            ]
            call.response = .json([
                "results": traffic.several(1...4) { traffic in
                    let person = traffic.person()
                    return [
                        "id": .text(traffic.random.digits(11)), "archived": false, "createdAt": .text(traffic.date()),
                        "properties": traffic.object(["email": .text(person.email), "lastname": .text(person.name)]),
                    ]
                },
                "paging": ["next": ["after": .text(traffic.random.digits(11)), "link": "?after=NTI1Cg%3D%3D"]],
            ])
            return call
        },
        Vendor(name: "salesforce") { traffic in
            var call = Call(
                "https://example.my.salesforce.com/services/data/v61.0/query/01g" + traffic.random.text(15) + "-2000")
            call.response = .json([
                "totalSize": 3214, "done": false,
                "nextRecordsUrl": "/services/data/v61.0/query/01g\(traffic.random.text(15))-4000",
                "records": traffic.several(1...4) { traffic in
                    traffic.object([
                        "Id": "003\(traffic.random.text(15))",
                        "attributes": ["type": "Contact", "url": "/sobjects/Contact/003"],
                        "OwnerId": "005\(traffic.random.text(15))", "LastModifiedDate": "2025-06-01T12:30:45.000+0000",
                    ])
                },
            ])
            return call
        },
        Vendor(name: "dynamics-odata") { traffic in
            let link = "$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E"
            var call = Call("https://example.crm4.dynamics.com/api/data/v9.2/accounts")
            call.query = [("$select", "name,accountid"), ("$filter", "name%20eq%20'Basic%20Inc.'"), ("$top", "50")]
            call.responseHeaders = [("OData-Version", "4.0")]
            call.response = .json([
                "@odata.context": "https://example.crm4.dynamics.com/api/data/v9.2/$metadata#accounts",
                "@odata.nextLink": .text("https://example.crm4.dynamics.com/api/data/v9.2/accounts?" + link),
                "value": traffic.several(1...3) { traffic in
                    traffic.object([
                        "@odata.etag": "W/\"\(traffic.random.digits(7))\"", "accountid": .text(traffic.random.uuid()),
                        "versionnumber": traffic.id(7...9), "createdon": .text(traffic.date()),
                    ])
                },
            ])
            return call
        },
        Vendor(name: "sap-odata") { traffic in
            var call = Call(
                "https://s4.example.com/sap/opu/odata4/sap/api_salesorder/SalesOrder('\(traffic.random.digits(10))')")
            call.query = [("sap-client", "100"), ("%24skiptoken", traffic.random.digits(4))]
            call.response = .json([
                "d": [
                    "__metadata": [
                        "uri": "https://s4.example.com/SalesOrder('4711')",
                        "etag": "W/\"datetimeoffset'2025-06-01T12%3A30%3A45Z'\"",
                    ],
                    "SalesOrder": .text(traffic.random.digits(10)), "CreationDate": "/Date(1748736000000)/",
                    "Items": traffic.several(1...3) {
                        $0.object(["Material": "TG\($0.random.digits(4))", "EAN": .text($0.ean())])
                    },
                ]
            ])
            return call
        },
        Vendor(name: "sap-soap") { traffic in
            var call = Call("https://erp.example.com/sap/bc/srt/rfc/sap/zinvoice")
            call.method = "POST"
            call.requestHeaders = [("SOAPAction", "\"urn:sap-com:document:sap:rfc:functions:ZINVOICE_GET\"")]
            call.request = .text(
                """
                <soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:n0="urn:sap-com:rfc">
                <soap:Body><n0:ZINVOICE_GET><IvInvoice>\(traffic.random.digits(16))</IvInvoice>
                <Tokenization>false</Tokenization><passThrough>true</passThrough></n0:ZINVOICE_GET>
                </soap:Body></soap:Envelope>
                """, type: "application/soap+xml; charset=utf-8")
            call.response = .text(
                """
                <?xml version="1.0"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body>
                <Invoice id="\(traffic.random.uuid())" secretary="Passmore" key="RE-7" keyRef="#k1">
                <PassengerName>Tom &amp; Jerry</PassengerName><Keywords>basic; token ring</Keywords><Pinned>0</Pinned>
                <TokenCount>12</TokenCount><Gtin>\(traffic.ean())</Gtin><Digest>\(traffic.base64(32))</Digest>
                <PasswordLastChanged>\(traffic.date())</PasswordLastChanged></Invoice></env:Body></env:Envelope>
                """, type: "text/xml; charset=utf-8")
            return call
        },
        Vendor(name: "zendesk") { traffic in
            var call = Call("https://example.zendesk.com/api/v2/tickets.json")
            call.query = [
                ("page[size]", "100"), ("page[after]", "eyJvIjoibmljZV9pZCIsInYi" + traffic.base64(12, url: true)),
            ]
            call.response = .json([
                "tickets": traffic.several(1...3) { traffic in
                    traffic.object([
                        "id": traffic.id(5...6), "requester_id": traffic.id(14...14), "group_id": traffic.id(14...14),
                        "description": .text(traffic.random.pick(Self.sentences)), "updated_at": .text(traffic.date()),
                    ])
                },
                "meta": ["has_more": true, "after_cursor": "eyJvIjoibmljZV9pZCIsInYi\(traffic.base64(12, url: true))"],
            ])
            return call
        },
        Vendor(name: "jira") { traffic in
            var call = Call("https://example.atlassian.net/rest/api/3/search")
            call.query = [("jql", "project%20%3D%20KEY%20AND%20text%20~%20%22secret%20santa%22"), ("startAt", "50")]
            call.response = .json([
                "issues": traffic.several(1...3) { traffic in
                    traffic.object(
                        [
                            "id": .text(traffic.random.digits(5)), "key": "KEY-\(traffic.random.digits(3))",
                            "self": "https://example.atlassian.net/rest/api/3/issue/\(traffic.random.digits(5))",
                            "fields": [
                                "summary": .text(traffic.random.pick(Self.sentences)),
                                "priority": ["name": "Basic", "id": "3"],
                                "creator": [
                                    "accountId": "557058:\(traffic.random.uuid())", "timeZone": "Europe/Berlin",
                                ],
                            ],
                        ], extra: 2)
                }
            ])
            return call
        },
        Vendor(name: "servicenow") { traffic in
            var call = Call("https://example.service-now.com/api/now/table/incident")
            call.query = [("sysparm_query", "active=true^short_descriptionLIKEtoken"), ("sysparm_limit", "10")]
            call.response = .json([
                "result": traffic.several(1...3) { traffic in
                    traffic.object([
                        "sys_id": .text(traffic.random.hex(32)), "number": "INC00\(traffic.random.digits(5))",
                    ])
                }
            ])
            return call
        },
        Vendor(name: "workday") { traffic in
            var call = Call("https://wd2-impl-services1.workday.com/ccx/service/example/Human_Resources/v42.0")
            call.method = "POST"
            call.response = .text(
                """
                <wd:Worker xmlns:wd="urn:com.workday/bsvc"><wd:WID>\(traffic.random.hex(32))</wd:WID>
                <wd:Passport_Number>C01X00T47</wd:Passport_Number>
                <wd:Pass_Probation>true</wd:Pass_Probation></wd:Worker>
                """, type: "text/xml")
            return call
        },
    ]

    static let developers: [Vendor] = [
        Vendor(name: "github-graphql") { traffic in
            var call = Call("https://api.github.com/graphql")
            call.method = "POST"
            call.request = .json([
                "query":
                    "query($after:String){repository(name:\"token-ring\"){issues(first:50,after:$after){nodes{id}}}}",
                "variables": ["after": "Y3Vyc29yOnYyOpHO\(traffic.base64(4, url: true))"],
            ])
            call.response = .json([
                "data": [
                    "repository": [
                        "issues": [
                            "nodes": traffic.several(1...4) { traffic in
                                traffic.object(
                                    [
                                        "id": "I_kwDO\(traffic.base64(12, url: true))",
                                        "oid": .text(traffic.random.hex(40)),
                                    ], extra: 2)
                            },
                            "pageInfo": [
                                "endCursor": "Y3Vyc29yOnYyOpHO\(traffic.base64(4, url: true))", "hasNextPage": true,
                            ],
                        ]
                    ]
                ]
            ])
            return call
        },
        Vendor(name: "github-webhook") { traffic in
            var call = Call("https://hooks.example.com/github")
            call.method = "POST"
            call.requestHeaders = [("X-GitHub-Event", "push"), ("X-GitHub-Hook-ID", traffic.random.digits(9))]
            let sha = traffic.random.hex(40)
            call.request = .json(
                traffic.object([
                    "ref": "refs/heads/rotate-keys", "before": .text(traffic.random.hex(40)), "after": .text(sha),
                    "compare": "https://github.com/o/r/compare/\(traffic.random.hex(12))...\(sha.prefix(12))",
                    "head_commit": [
                        "message": "Rename secret to key; fix basic tests", "tree_id": .text(traffic.random.hex(40)),
                    ],
                    "clone_url": "https://github.com/o/r.git", "git": "git@github.com:o/r.git",
                ]))
            return call
        },
        Vendor(name: "npm") { traffic in
            var call = Call("https://registry.npmjs.org/@scope/keychain")
            call.response = .json(
                traffic.object([
                    "_id": "@scope/keychain", "dist-tags": ["latest": "3.4.21"],
                    "dist": [
                        "shasum": .text(traffic.random.hex(40)), "integrity": "sha512-\(traffic.base64(64))",
                        "tarball": "https://registry.npmjs.org/@scope/keychain/-/keychain-3.4.21.tgz",
                        "signatures": [["keyid": "SHA256:\(traffic.base64(32, url: true))"]],
                    ],
                    "scripts": ["test": "npm_config_loglevel=silent jest --ci"],
                ]))
            return call
        },
        Vendor(name: "maven") { traffic in
            var call = Call("https://repo1.maven.org/maven2/com/example/secretary@2/1.2/secretary-1.2.pom.sha1")
            call.response = .text(traffic.random.hex(40), type: "text/plain")
            return call
        },
        Vendor(name: "slack") { traffic in
            var call = Call("https://slack.com/api/conversations.history")
            call.query = [
                ("channel", "C0" + traffic.random.text(9).uppercased()),
                ("cursor", "bmV4dF90czox" + traffic.base64(9, url: true)),
            ]
            call.response = .json([
                "ok": true, "has_more": true,
                "messages": traffic.several(1...4) { traffic in
                    traffic.object(
                        [
                            "user": "U0\(traffic.random.text(9).uppercased())",
                            "ts": "17\(traffic.random.digits(8)).\(traffic.random.digits(6))",
                            "text": .text(traffic.random.pick(Self.sentences)),
                            "client_msg_id": .text(traffic.random.uuid()),
                        ], extra: 1)
                },
                "response_metadata": ["next_cursor": "bmV4dF90czox\(traffic.base64(9))"],
            ])
            return call
        },
        Vendor(name: "openai") { traffic in
            var call = Call("https://api.openai.com/v1/chat/completions")
            call.method = "POST"
            call.request = .json([
                "model": "gpt-4o", "max_tokens": 512,
                "messages": [["role": "user", "content": "What is a bearer token? And sk- anything?"]],
            ])
            call.responseHeaders = [
                ("openai-organization", "org-" + traffic.random.text(24)), ("x-ratelimit-remaining-tokens", "149984"),
            ]
            call.response = .json([
                "id": "chatcmpl-\(traffic.random.text(29))", "created": traffic.epoch(),
                "system_fingerprint": "fp_\(traffic.random.hex(10))",
                "choices": [
                    [
                        "index": 0,
                        "message": ["role": "assistant", "content": .text(traffic.random.pick(Self.sentences))],
                        "finish_reason": "stop",
                    ]
                ],
                "usage": ["prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21],
            ])
            return call
        },
        Vendor(name: "aws-s3") { traffic in
            var call = Call("https://bucket.s3.eu-central-1.amazonaws.com/")
            call.query = [
                ("list-type", "2"), ("continuation-token", "1" + traffic.base64(40, url: true)),
                ("prefix", "keys%2F2025"),
            ]
            call.response = .text(
                """
                <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
                <Name>bucket</Name>
                <NextContinuationToken>1\(traffic.base64(40))</NextContinuationToken><KeyCount>2</KeyCount>
                <Contents><Key>keys/2025/password-policy.pdf</Key><ETag>&quot;\(traffic.random.hex(32))&quot;</ETag>
                <Owner><ID>\(traffic.random.hex(64))</ID></Owner></Contents></ListBucketResult>
                """, type: "application/xml")
            return call
        },
        Vendor(name: "entra-keys") { traffic in
            var call = Call("https://login.microsoftonline.com/common/discovery/v2.0/keys")
            call.response = .json([
                "keys": traffic.several(1...3) { traffic in
                    [
                        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": .text(traffic.base64(20, url: true)),
                        "x5t": .text(traffic.base64(20, url: true)),
                        "n": .text(traffic.base64(256, url: true)), "e": "AQAB", "x5c": ["MIIC\(traffic.base64(600))"],
                    ]
                }
            ])
            return call
        },
        Vendor(name: "acme") { traffic in
            var call = Call("https://acme-v02.api.letsencrypt.org/acme/cert/" + traffic.random.hex(36))
            func pem(_ label: String, _ bytes: Int) -> String {
                var rest = Base64Text.encode(Array("0\u{2}".utf8) + traffic.random.bytes(bytes))[...]
                var text = "-----BEGIN \(label)-----\n"
                while !rest.isEmpty {
                    text += rest.prefix(64) + "\n"
                    rest = rest.dropFirst(64)
                }
                return text + "-----END \(label)-----\n"
            }
            let chain = pem("CERTIFICATE", 900) + pem("CERTIFICATE", 700)
            call.response =
                traffic.random.chance(50)
                ? .text(chain, type: "application/pem-certificate-chain")
                : .json([
                    "certificate": .text(chain), "public": .text(pem("PUBLIC KEY", 290)),
                    "csr": .text(pem("CERTIFICATE REQUEST", 600)),
                ])
            return call
        },
    ]
}
