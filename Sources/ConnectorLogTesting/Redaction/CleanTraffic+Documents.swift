/// Bodies other than JSON.
extension CleanTraffic {
    static let documents: [Vendor] = [
        Vendor(name: "csv-export") { traffic in
            var call = Call("https://files.example.com/exports/passengers-2025.csv")
            var text = "id;name;email;key;token_count;ean;imei;changed\n"
            for _ in 0..<traffic.random.number(in: 3...12) {
                let person = traffic.person()
                text += "\(traffic.random.digits(15));\(person.name);\(person.email);K-\(traffic.random.digits(3));"
                text += "\(traffic.random.digits(3));\(traffic.ean());\(traffic.imei());\(traffic.date())\n"
            }
            call.response = .text(text, type: "text/csv; charset=utf-8")
            return call
        },
        Vendor(name: "plain-log") { traffic in
            var call = Call("https://ci.example.com/job/keyring/4711/consoleText")
            var text = ""
            for _ in 0..<traffic.random.number(in: 2...8) {
                text += "\(traffic.date()) [main] INFO c.e.TokenService:42 - \(traffic.random.pick(Self.sentences))\n"
                text += "    at com.example.Keys$Secret.load(Keys.java:\(traffic.random.number(in: 1...900)))\n"
            }
            call.response = .text(text, type: "text/plain; charset=utf-8")
            return call
        },
        Vendor(name: "html-page") { traffic in
            var call = Call("https://www.example.com/@ada/basic-tokens")
            call.response = .text(
                """
                <!doctype html><html lang="sk-SK"><head><meta name="keywords" content="password manager, keys">
                <script nonce="\(traffic.base64(16))" src="/a.js" integrity="sha384-\(traffic.base64(48))"></script>
                <a href="mailto:ada@example.com?subject=Hi%20there&amp;body=Tom%20&amp;%20Jerry">Forgot password?</a>
                <label for="password">Password</label><input type="password" name="password" id="password">
                <img src="data:image/gif;base64,R0lGODlh\(traffic.base64(60))" alt="AKIABARA at 12:30:45"></html>
                """, type: "text/html; charset=utf-8")
            return call
        },
        Vendor(name: "upload") { traffic in
            var call = Call("https://upload.example.com/v1/files")
            call.method = "POST"
            call.request = .parts([
                ("title", "Passport of the bearer"), ("keywords", "token ring, secret santa"),
                ("md5", traffic.random.hex(32)), ("size", traffic.random.digits(7)), ("created", traffic.date()),
            ])
            call.response = .json(traffic.object(["id": .text(traffic.ulid()), "bytes": traffic.id(5...7)]))
            return call
        },
        Vendor(name: "form-post") { traffic in
            var call = Call("https://forms.example.com/submit")
            let person = traffic.person()
            call.method = "POST"
            call.request = .form([
                ("name", person.name), ("email", person.email), ("phone", "+49 89 " + traffic.random.digits(8)),
                ("grant_type", "authorization_code"), ("comment", traffic.random.pick(Self.sentences)),
                ("secretary", "yes"), ("pinned", "1"), ("order", traffic.random.digits(16)), ("t", "12:30:45"),
            ])
            call.response = .text("OK " + traffic.random.digits(13), type: "text/plain")
            return call
        },
        Vendor(name: "picture") { traffic in
            var call = Call("https://cdn.example.com/t/\(traffic.random.hex(2))/\(traffic.random.hex(64)).png")
            call.response = .bytes(
                [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D] + traffic.random.bytes(400),
                type: "image/png")
            return call
        },
        Vendor(name: "webhook-batch") { traffic in
            var call = Call("https://hooks.example.com/in/" + traffic.ulid())
            call.method = "POST"
            // JSON within a text of JSON.
            let inner = traffic.object(["id": .text(traffic.ulid()), "sequence": traffic.epoch(19)])
            call.request = .json([
                "Type": "Notification", "MessageId": .text(traffic.random.uuid()), "Message": .text(inner.written()),
                "TopicArn": "arn:aws:sns:eu-central-1:\(traffic.random.digits(12)):keys",
                "Timestamp": .text(traffic.date()),
            ])
            return call
        },
        Vendor(name: "edifact") { traffic in
            var call = Call("https://edi.example.com/as2")
            call.method = "POST"
            call.request = .text(
                "UNA:+.? 'UNB+UNOC:3+\(traffic.ean()):14+\(traffic.ean()):14+250601:1230+\(traffic.random.digits(9))'"
                    + "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+\(traffic.random.digits(13))+9'LIN+1++\(traffic.ean()):EN'",
                type: "application/EDIFACT")
            return call
        },
    ]
}
