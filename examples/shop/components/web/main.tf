# The shop's pages, built while planning: what is reviewed is what is published.

variable "environment" {
  type = string
}

variable "directory" {
  type = string
}

variable "hostname" {
  type = string
}

module "release" {
  source    = "../../modules/published-files"
  directory = "${var.directory}/web"
  files = {
    "index.html" = templatefile("${path.module}/site/index.html.tftpl", {
      title       = trimspace(file("${path.module}/site/title.txt"))
      environment = var.environment
      hostname    = var.hostname
    })
    "style.css" = file("${path.module}/site/style.css")
  }
}

output "current" {
  value = module.release.current
}
