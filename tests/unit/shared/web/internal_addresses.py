"""Settings with the addresses of a company's own file servers, for tests of custom sources."""

INTERNAL = {
    "use_custom_add_in_sources": True,
    "office_js_url": "https://files.example.com/office/office.js",
    "microsoft_fabric_url": "https://styles.example.com/fabric.min.css",
    "microsoft_fabric_components_url": "https://styles.example.com/fabric.components.min.css",
}
