# The shop's API: products and stock from the database, and one page for the administrator.

variable "directory" {
  type = string
}

variable "database_file" {
  type = string
}

variable "schema_version" {
  description = "The API is published anew when the schema moves on, so that it never serves an older one than it was tested with."
  type        = number
}

variable "credentials_file" {
  type = string
}

variable "image" {
  description = "The API's image by digest. Belay builds it of `app/` before this component is planned."
  type        = string
}

module "release" {
  source    = "../../modules/published-files"
  directory = "${var.directory}/api"
  image     = var.image
  files = {
    "config.json" = jsonencode({
      database      = var.database_file
      schemaVersion = var.schema_version
      credentials   = var.credentials_file
    })
  }
}

output "current" {
  value = module.release.current
}
