import type { ThemeConfig } from "antd";

/** Grove green and apricot. */
export const theme: ThemeConfig = {
  token: {
    colorPrimary: "#2f6f5e",
    colorLink: "#24705c",
    colorInfo: "#2f6f5e",
    borderRadius: 8,
    fontSize: 15,
    fontFamily:
      '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Segoe UI", Roboto, sans-serif',
    motion: false,
  },
};
