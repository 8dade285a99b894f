/// The description of the API in OpenAPI 3.1, as the server gives it at `/openapi.yaml`.
package enum OpenAPIDocument {
    package static let mediaType = "application/yaml"

    package static var bytes: [UInt8] { PackageResources.openapi_yaml }
}
