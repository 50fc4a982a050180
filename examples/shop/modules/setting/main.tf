# One small file on the host, written in one step. Used by network, credentials, worker and gateway.

variable "path" {
  description = "Absolute path of the file."
  type        = string
}

variable "content" {
  description = "The whole content."
  type        = string
}

variable "mode" {
  description = "Permissions, as chmod takes them."
  type        = string
  default     = "644"
}

resource "terraform_data" "file" {
  input            = { path = var.path, content = var.content, mode = var.mode }
  triggers_replace = [var.path, var.content, var.mode]

  # A new content replaces the old file in one step, so readers always find one. (Destroy provisioners are not run for
  # what is replaced this way, only when the component goes.)
  lifecycle {
    create_before_destroy = true
  }

  provisioner "local-exec" {
    command     = <<-EOT
      set -eu
      mkdir -p "$(dirname "$FILE")"
      printf '%s' "$CONTENT" > "$FILE.new"
      chmod "$MODE" "$FILE.new"
      mv "$FILE.new" "$FILE"
    EOT
    environment = { FILE = self.input.path, CONTENT = self.input.content, MODE = self.input.mode }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$FILE\""
    environment = { FILE = self.input.path }
  }
}

output "path" {
  description = "The file's path, once it is written."
  value       = var.path
  depends_on  = [terraform_data.file]
}
