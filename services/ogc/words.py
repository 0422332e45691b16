"""The words of links and pages, in both languages."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text

SERVICE_TITLE = Text("Landmap – dữ liệu đất đai và đô thị", "Landmap – land and urban data")
SERVICE_DESCRIPTION = Text(
    "Thửa đất, quy hoạch, giấy phép xây dựng và nhà ở của {territory}, theo chuẩn OGC API, với hai trục thời gian: "
    "hiệu lực pháp lý và thời điểm hệ thống ghi nhận.",
    "Land parcels, plans, construction permits and housing of {territory} by OGC API, on two time axes: "
    "when it holds in law and when it was known.",
)

CHANGES_FROM = Text(
    "Những gì khác đi từ dữ liệu sau lần cập nhật {since} đến dữ liệu sau lần cập nhật {until}.",
    "What differs between the data after changeset {since} and the data after changeset {until}.",
)
CHANGES_FROM_NOTHING = Text(
    "Những gì khác đi từ khi chưa ghi nhận dữ liệu nào (since = 0) đến dữ liệu sau lần cập nhật {until}.",
    "What differs between nothing, before any data were recorded (since = 0), and the data after changeset {until}.",
)
CHANGES_HELD = Text("Chỉ xét những gì có hiệu lực lúc {at}.", "Of both, what holds at {at}.")
CHANGES_HELD_NOW = Text(
    "Chỉ xét những gì đang có hiệu lực (lần cuối có hiệu lực thay đổi theo thời gian: {at}).",
    "Of both, what holds now (the last time that something began or ceased to hold: {at}).",
)
CHANGES_HELD_APART = Text(
    "Dữ liệu đầu: những gì có hiệu lực lúc {then}; dữ liệu sau: những gì có hiệu lực lúc {at}.",
    "Of the first, what held at {then}; of the second, what holds at {at}.",
)

WORDS = MappingProxyType(
    {
        "all_collections": Text("Mọi bộ dữ liệu", "All collections"),
        "api": Text("Mô tả API", "API description"),
        "change": Text("Thay đổi", "Change"),
        "change_delete": Text("Hết hoặc bị rút", "Gone"),
        "change_insert": Text("Mới", "New"),
        "change_update": Text("Đã đổi", "Changed"),
        "changes": Text("Thay đổi", "Changes"),
        "all_versions": Text("Mọi phiên bản", "All versions"),
        "clear": Text("Bỏ lọc", "Clear filters"),
        "changeset": Text("Lần cập nhật", "Changeset"),
        "citation": Text("Cách trích dẫn", "How to cite"),
        "codelist": Text("Danh mục", "Codelist"),
        "codelists": Text("Các danh mục mã", "Codelists"),
        "codes": Text("Mã", "Codes"),
        "collections": Text("Các bộ dữ liệu", "Collections"),
        "conformance": Text("Các chuẩn đáp ứng", "Conformance"),
        "data_version": Text("Phiên bản dữ liệu", "Data version"),
        "computed": Text("Tính từ dữ liệu đến lần cập nhật", "Computed from data up to changeset"),
        "behind": Text("Dữ liệu nguồn đã thay đổi từ", "The data have changed since"),
        "data_dictionary": Text("Từ điển dữ liệu", "Data dictionary"),
        "digest": Text("Mã kiểm tra SHA-256", "SHA-256"),
        "documentation": Text("Tài liệu API", "API documentation"),
        "exact_match": Text("đúng tên hoặc số hiệu", "this very name or number"),
        "execute": Text("Chạy tiến trình", "Execute"),
        "extent": Text("Phạm vi", "Extent"),
        "extract": Text("Phiếu tra cứu", "Extract"),
        "feature": Text("Đối tượng", "Feature"),
        "features": Text("Dữ liệu", "Features"),
        "field": Text("Trường", "Field"),
        "fields": Text("Các trường dữ liệu", "Fields"),
        "file": Text("Tệp", "File"),
        "files": Text("Các tệp", "Files"),
        "geometry": Text("Hình thể", "Geometry"),
        "example": Text("Ví dụ", "Example"),
        "holds_from": Text("Hiệu lực từ", "Holds from"),
        "holds_to": Text("Hiệu lực đến", "Holds until"),
        "home": Text("Trang API", "API home"),
        "inputs": Text("Đầu vào", "Inputs"),
        "job": Text("Công việc", "Job"),
        "jobs": Text("Các công việc của bạn", "Your jobs"),
        "licence": Text("Giấy phép", "Licence"),
        "map": Text("Bản đồ", "Map"),
        "more_follow": Text("còn nữa", "more follow"),
        "newest_version": Text("Phiên bản mới nhất", "Newest version"),
        "next": Text("Trang sau", "Next page"),
        "no_change": Text("Không có gì thay đổi.", "Nothing has changed."),
        "no": Text("không", "no"),
        "none": Text("Không có dữ liệu phù hợp với câu hỏi này.", "No data match this question."),
        "none_found": Text(
            "Không tìm thấy. Hãy thử ít từ hơn, hoặc tìm trong mọi bộ dữ liệu.",
            "Nothing was found. Try fewer words, or search all collections.",
        ),
        "number": Text("Số lượng", "Number"),
        "of": Text("trên tổng số", "of"),
        "open": Text("chưa kết thúc", "open"),
        "older": Text("Các phiên bản cũ hơn", "Older versions"),
        "open_data": Text("Dữ liệu mở", "Open data"),
        "outputs": Text("Đầu ra", "Outputs"),
        "owner": Text("Cơ quan quản lý", "Owner"),
        "parameter": Text("Tham số", "Parameter"),
        "partial": Text("Kết quả đã có", "Results so far"),
        "path": Text("Địa chỉ", "Path"),
        "process": Text("Tiến trình", "Process"),
        "processes": Text("Các tiến trình", "Processes"),
        "progress": Text("Tiến độ", "Progress"),
        "published_on": Text("Công bố lúc", "Published"),
        "queryables": Text("Trường lọc được", "Queryables"),
        "receivables": Text("Các trường được gửi", "Receivables"),
        "recorded": Text("Ghi nhận ở lần cập nhật", "Recorded by changeset"),
        "request_id": Text("Mã yêu cầu (gửi kèm khi báo lỗi)", "Request id (give it when you report this)"),
        "required": Text("Bắt buộc", "Required"),
        "results": Text("Kết quả", "Results"),
        "rhythm": Text("Chu kỳ cập nhật", "Updates"),
        "schema": Text("Cấu trúc dữ liệu", "Schema"),
        "search": Text("Tìm kiếm", "Search"),
        "search_for": Text("Nội dung cần tìm", "What to search for"),
        "search_hint": Text(
            "Số thửa, số tờ, địa chỉ, tên đường, tên dự án, số giấy phép…; không cần viết hoa hay bỏ dấu.",
            "A parcel number, an address, a street, a project, a permit…; capitals and accents do not matter.",
        ),
        "search_in": Text("Tìm trong", "Search in"),
        "size": Text("Dung lượng (byte)", "Size (bytes)"),
        "sortables": Text("Trường sắp xếp được", "Sortables"),
        "show": Text("Xem", "Show"),
        "shown": Text("Đang xem", "Shown"),
        "http_status": Text("Mã trạng thái HTTP", "HTTP status"),
        "status": Text("Trạng thái", "Status"),
        "style": Text("Kiểu bản đồ", "Map style"),
        "summary": Text("Nội dung", "Summary"),
        "tiles": Text("Ô bản đồ vectơ", "Vector tiles"),
        "tiling_schemes": Text("Lưới ô bản đồ", "Tile matrix sets"),
        "time_axes": Text("Hai trục thời gian", "Two time axes"),
        "type": Text("Kiểu", "Type"),
        "unit": Text("Đơn vị", "Unit"),
        "valid": Text("Hiệu lực pháp lý", "Holds in law"),
        "version": Text("Phiên bản", "Version"),
        "versions": Text("Các phiên bản", "Versions"),
        "where": Text("Ở đâu", "Where"),
        "yes": Text("có", "yes"),
        "zoom": Text("Mức phóng", "Zoom"),
        "crs": Text("Hệ toạ độ", "Coordinate reference systems"),
        "other_language": Text("English", "Tiếng Việt"),
        "at_date": Text("Tại ngày", "On the day"),
        "since_known": Text("Biết rõ ngày bắt đầu hiệu lực", "The day on which it began to hold is known"),
        "unknown_since": Text("không rõ, ghi nhận", "unknown, recorded"),
    }
)
