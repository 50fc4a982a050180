# The front door: one HTTP server for pages and API.

variable "directory" {
  type = string
}

variable "hostname" {
  type = string
}

variable "api" {
  description = "Directory of the published API."
  type        = string
}

variable "web" {
  description = "Directory of the published pages."
  type        = string
}

module "release" {
  source    = "../../modules/published-files"
  directory = "${var.directory}/gateway"
  files     = { "server.mjs" = file("${path.module}/files/server.mjs") }
}

module "routes" {
  source  = "../../modules/setting"
  path    = "${var.directory}/gateway/routes.json"
  content = jsonencode({ hostname = var.hostname, api = var.api, web = var.web })
}

output "start" {
  description = "The command that opens the shop."
  value       = "node ${module.release.current}/server.mjs ${module.routes.path}"
}
