/// Shops, payments, advertising, mail.
extension CleanTraffic {
    static let commerce: [Vendor] = [
        Vendor(name: "shopify") { traffic in
            var call = Call("https://example.myshopify.com/admin/api/2025-04/orders.json")
            call.query = [("limit", "250"), ("page_info", "eyJsYXN0X2lkIjo" + traffic.base64(36, url: true))]
            let orders = traffic.several(1...3) { traffic in
                traffic.object([
                    "id": traffic.id(13...14),
                    "admin_graphql_api_id": "gid://shopify/Order/\(traffic.random.digits(13))",
                    "checkout_id": traffic.id(14...14), "email": .text(traffic.person().email), "confirmed": true,
                    "order_number": traffic.id(4...5), "total_price": "409.94", "currency": "EUR",
                    "browser_ip": "2001:db8::\(traffic.random.hex(4))",
                    "landing_site": "/products/token-ring?a=1&b=%20",
                    "line_items": [
                        ["id": traffic.id(14...14), "sku": "IPOD-342-N", "product_id": traffic.id(13...13)]
                    ],
                ])
            }
            call.response = .json(["orders": orders])
            return call
        },
        Vendor(name: "stripe") { traffic in
            var call = Call("https://api.stripe.com/v1/payment_intents/pi_" + traffic.random.text(24))
            call.method = "POST"
            call.request = .form([
                ("amount", traffic.random.digits(5)), ("currency", "eur"),
                ("metadata[order]", traffic.random.digits(13)),
                ("description", "Basic plan & tokens, 3 seats"), ("payment_method", "pm_" + traffic.random.text(24)),
            ])
            call.response = .json(
                traffic.object([
                    "id": "ch_\(traffic.random.text(24))", "object": "charge", "created": traffic.epoch(),
                    "customer": "cus_\(traffic.random.text(14))", "livemode": false,
                    "payment_method_details": [
                        "card": [
                            "brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2029, "cvc_check": "pass",
                            "fingerprint": .text(traffic.random.text(16)),
                        ]
                    ],
                    "balance_transaction": "txn_\(traffic.random.text(24))",
                ]))
            return call
        },
        Vendor(name: "paypal") { traffic in
            var call = Call("https://api-m.paypal.com/v2/checkout/orders/" + traffic.random.text(17).uppercased())
            call.response = .json(
                traffic.object([
                    "id": .text(traffic.random.text(17).uppercased()), "status": "COMPLETED",
                    "payer": [
                        "payer_id": .text(traffic.random.text(13).uppercased()), "email_address": "a@example.com",
                    ],
                    "links": [
                        ["href": "https://api-m.paypal.com/v2/payments/captures/3C679366HH908993F", "rel": "self"]
                    ],
                ]))
            return call
        },
        Vendor(name: "woocommerce") { traffic in
            var call = Call("https://shop.example.com/wp-json/wc/v3/products")
            call.query = [("per_page", "100"), ("search", "token%20ring"), ("after", "2025-06-01T00:00:00")]
            call.response = .json(
                traffic.several(1...4) { traffic in
                    traffic.object([
                        "id": traffic.id(3...6), "slug": "secret-santa-box", "global_unique_id": .text(traffic.ean()),
                        "description": "<p>Tom &amp; Jerry&#8217;s <b>basic</b> set</p>", "price": "12.90",
                    ])
                })
            return call
        },
        Vendor(name: "magento") { traffic in
            var call = Call("https://shop.example.com/rest/V1/carts/mine/totals")
            call.response = .json(
                traffic.object([
                    "grand_total": 99.5, "quote_id": traffic.id(5...7), "masked_id": .text(traffic.random.text(32)),
                ]))
            return call
        },
        Vendor(name: "amazon-sp") { traffic in
            var call = Call("https://sellingpartnerapi-eu.amazon.com/orders/v0/orders")
            call.query = [("MarketplaceIds", "A1PA6795UKMFR9"), ("NextToken", traffic.base64(48, url: true))]
            call.response = .json([
                "payload": [
                    "NextToken": .text(traffic.base64(60)),
                    "Orders": traffic.several(1...3) { traffic in
                        traffic.object([
                            "AmazonOrderId": "302-\(traffic.random.digits(7))-\(traffic.random.digits(7))",
                            "SellerOrderId": traffic.id(16...17), "ASIN": "B0\(traffic.random.text(8).uppercased())",
                        ])
                    },
                ]
            ])
            return call
        },
    ]

    static let marketing: [Vendor] = [
        Vendor(name: "facebook-ads") { traffic in
            var call = Call("https://graph.facebook.com/v20.0/act_\(traffic.random.digits(15))/insights")
            call.query = [
                ("fields", "impressions,spend,ad_id"), ("time_range", "%7B%22since%22%3A%222025-06-01%22%7D"),
                ("after", "QVFIU" + traffic.random.text(60)),
            ]
            call.response = .json([
                "data": traffic.several(1...5) { traffic in
                    traffic.object(
                        [
                            "ad_id": "12020\(traffic.random.digits(13))",
                            "campaign_id": "23\(traffic.random.digits(15))",
                            "page_id": "1\(traffic.random.digits(14))", "spend": "12.34", "impressions": "10234",
                        ], extra: 2)
                },
                "paging": [
                    "cursors": [
                        "before": "QVFIU\(traffic.random.text(40))", "after": "QVFIU\(traffic.random.text(40))",
                    ]
                ],
            ])
            return call
        },
        Vendor(name: "google-ads") { traffic in
            var call = Call(
                "https://googleads.googleapis.com/v17/customers/\(traffic.random.digits(10))/googleAds:search")
            call.method = "POST"
            call.request = .json([
                "query": "SELECT keyword_view.resource_name, ad_group_criterion.keyword.text FROM keyword_view",
                "pageToken": .text("CAES" + traffic.base64(30, url: true)), "pageSize": 1000,
            ])
            call.response = .json([
                "results": traffic.several(1...4) { traffic in
                    traffic.object(
                        [
                            "resourceName":
                                "customers/1/criteria/\(traffic.random.digits(12))~\(traffic.random.digits(12))",
                            "keyword": ["text": "password manager", "matchType": "BROAD"],
                            "costMicros": .text(traffic.random.digits(13)),
                        ], extra: 2)
                },
                "nextPageToken": .text("CAES" + traffic.base64(30, url: true)),
            ])
            return call
        },
        Vendor(name: "tiktok-ads") { traffic in
            var call = Call("https://business-api.tiktok.com/open_api/v1.3/report/integrated/get/")
            call.query = [("advertiser_id", "7" + traffic.random.digits(18)), ("dimensions", "%5B%22ad_id%22%5D")]
            call.response = .json([
                "code": 0, "message": "OK",
                "request_id": "2025060112\(traffic.random.text(24, of: "0123456789ABCDEF"))",
                "data": [
                    "list": traffic.several(1...4) { $0.object(["ad_id": "17\($0.random.digits(14))"], extra: 2) }
                ],
            ])
            return call
        },
        Vendor(name: "linkedin") { traffic in
            var call = Call("https://api.linkedin.com/rest/posts/urn%3Ali%3Ashare%3A7" + traffic.random.digits(18))
            call.response = .json(
                traffic.object([
                    "author": "urn:li:organization:\(traffic.random.digits(8))",
                    "commentary": "Who keeps a secretary? #keywords",
                    "createdAt": traffic.epoch(13),
                ]))
            return call
        },
        Vendor(name: "x-twitter") { traffic in
            var call = Call("https://api.x.com/2/tweets/search/recent")
            call.query = [
                ("query", "basic%20income%20-is%3Aretweet"),
                ("next_token", "b26v89c19zqg8o3f" + traffic.random.hex(30)),
            ]
            call.response = .json([
                "data": traffic.several(1...5) { traffic in
                    traffic.object(
                        ["id": .text(traffic.snowflake()), "text": .text(traffic.random.pick(Self.sentences))], extra: 1
                    )
                },
                "meta": ["result_count": 10, "next_token": "b26v89c19zqg8o3f\(traffic.random.hex(30))"],
            ])
            return call
        },
        Vendor(name: "mailchimp") { traffic in
            var call = Call(
                "https://us21.api.mailchimp.com/3.0/lists/\(traffic.random.hex(10))/members/\(traffic.random.hex(32))")
            let person = traffic.person()
            call.response = .json(
                traffic.object([
                    "id": .text(traffic.random.hex(32)), "email_address": .text(person.email),
                    "full_name": .text(person.name),
                    "unique_email_id": .text(traffic.random.hex(10)), "contact_id": .text(traffic.random.hex(32)),
                    "web_id": traffic.id(9...9), "ip_opt": "198.51.100.7", "timestamp_opt": .text(traffic.date()),
                ]))
            return call
        },
        Vendor(name: "sendgrid-events") { traffic in
            var call = Call("https://hooks.example.com/sendgrid")
            call.method = "POST"
            call.request = .json(
                traffic.several(1...4) { traffic in
                    traffic.object(
                        [
                            "email": .text(traffic.person().email), "timestamp": traffic.epoch(), "event": "delivered",
                            "smtp-id": "<\(traffic.random.text(22))@geopod-ismtpd-1>", "category": ["basic", "token"],
                            "sg_event_id": .text(traffic.base64(16, url: true)),
                            "sg_message_id": "\(traffic.base64(16, url: true)).filter0001.16648.5515E0B88.0",
                        ], extra: 2)
                })
            return call
        },
        Vendor(name: "google-analytics") { traffic in
            var call = Call(
                "https://analyticsdata.googleapis.com/v1beta/properties/\(traffic.random.digits(9)):runReport")
            call.method = "POST"
            call.response = .json([
                "rows": traffic.several(1...5) { traffic in
                    [
                        "dimensionValues": [
                            ["value": "GA1.1.\(traffic.random.digits(9)).\(traffic.random.digits(10))"]
                        ],
                        "metricValues": [["value": .text(traffic.random.digits(5))]],
                    ]
                },
                "tokensPerDay": ["consumed": 7, "remaining": 24_993], "kind": "analyticsData#runReport",
            ])
            return call
        },
    ]

    mutating func several(_ range: ClosedRange<Int>, _ make: (inout CleanTraffic) -> TrafficJSON) -> TrafficJSON {
        .list((0..<random.number(in: range)).map { _ in make(&self) })
    }
}
