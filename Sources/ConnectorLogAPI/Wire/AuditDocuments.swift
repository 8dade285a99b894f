package import ConnectorLogCore

extension AuditRecord: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("number", number)
            $0.member("at", at)
            $0.member("key_id", keyID)
            $0.member("key_name", keyName)
            $0.member("action", action)
            $0.member("target", target)
            $0.member("request_id", requestID)
        }
    }
}
